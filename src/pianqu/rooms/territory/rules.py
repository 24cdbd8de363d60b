"""Who may change what is known of places."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, unchanged
from pianqu.rooms.directory import queries as directory


def may_change_places(actor: Actor) -> bool:
    """Set-up and imports."""
    return actor.kind == "system"


def may_adopt_grid(actor: Actor) -> bool:
    """Who may change the directory: the grid decides where people work."""
    return directory.may_change_directory(actor)


def check_may_adopt_grid(actor: Actor) -> None:
    if not may_adopt_grid(actor):
        raise Forbidden(
            "grid-forbidden",
            _("Only the district's administrators and its own set-up may change the grid. Nothing was changed."),
        )


def may_carry_people(actor: Actor) -> bool:
    """The installation's own programs, when a grid comes into force."""
    return actor.kind == "system"


def check_may_carry_people(actor: Actor) -> None:
    if not may_carry_people(actor):
        raise Forbidden("carry-forbidden", _("Only the installation itself carries people over to a new grid."))


def may_manage_point(actor: Actor, organisation_code: str) -> bool:
    """Leaders and administrators of the organisation that runs the point, and the district's administrators."""
    return directory.may_manage(actor, organisation_code)


def may_book(actor: Actor, *, booked_by: str, organisation_code: str) -> bool:
    """Any official a room for all staff; another one only those of the organisation that runs the point."""
    return actor.acts and (booked_by == "staff" or actor.organisation_code == organisation_code)


def check_may_manage_point(actor: Actor, organisation_code: str) -> None:
    if not may_manage_point(actor, organisation_code):
        sentence = _("Only a leader or administrator of the organisation that runs a service point may arrange it.")
        raise Forbidden("point-forbidden", unchanged(sentence))


def check_may_book(actor: Actor, *, booked_by: str, organisation_code: str) -> None:
    if not may_book(actor, booked_by=booked_by, organisation_code=organisation_code):
        sentence = _("This room is kept for the organisation that runs the service point. Nothing was booked.")
        raise Forbidden("room-forbidden", sentence)


def check_may_change_places(actor: Actor) -> None:
    """Raise Forbidden where `may_change_places` answers no."""
    if not may_change_places(actor):
        raise Forbidden("places-forbidden", _("Only the installation's own set-up may change places."))


# the four parties ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Who belongs to a neighbourhood: organisations of the four parties, posts of its cells, and who leads above them."""

    members: frozenset[str]
    posts: frozenset[str]
    leaders: frozenset[str]


def may_go_round(actor: Actor, circle: Circle) -> bool:
    """Officials of the four parties, leaders and administrators of the street and the cluster, and of the district."""
    if actor.acts and (actor.organisation_code in circle.members or (actor.acting_post_id or "") in circle.posts):
        return True
    return _leads(actor, circle.leaders)


def may_set_estate(actor: Actor, leaders: Collection[str]) -> bool:
    """Leaders and administrators of the community, its street and its cluster, and of the district."""
    return _leads(actor, leaders)


def _leads(actor: Actor, organisation_codes: Collection[str]) -> bool:
    own = actor.organisation_code in organisation_codes and directory.may_manage(actor, actor.organisation_code)
    return own or directory.may_change_directory(actor)


def check_may_go_round(actor: Actor, circle: Circle) -> None:
    if not may_go_round(actor, circle):
        sentence = _("Only the four parties of this place and the leaders of its street and cluster may enter this.")
        raise Forbidden("round-forbidden", unchanged(sentence))


def check_may_set_estate(actor: Actor, leaders: Collection[str]) -> None:
    if not may_set_estate(actor, leaders):
        sentence = _(
            "Only leaders and administrators of the community, its street and its cluster arrange its estates."
        )
        raise Forbidden("estate-forbidden", unchanged(sentence))
