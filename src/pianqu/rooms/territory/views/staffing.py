"""Who works in a cell (1+3+N 网格力量): the list on its card, and the form that names them anew from a day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import HeldPost
from pianqu.rooms.territory.queries import CELL_ROLES, CellCard, ClusterCard, PersonCard, PlaceCard
from pianqu.rooms.territory.services import NewPerson
from pianqu.rooms.territory.views import shown

SPARE = 2
"""Empty rows for more people; the page has as many again after it was sent."""
MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody who works in the cell; `name` is empty where the post has ended."""

    role: str
    name: str
    post: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One row of the form: a role and a post, as typed or as it stands."""

    number: int
    role: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleForm:
    """The form, with the posts that can be chosen under their organisations."""

    slots: tuple[Slot, ...]
    roles: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    starts: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What was typed and why it was not taken."""

    typed: QueryDict
    message: str


def rows(people: Sequence[PersonCard]) -> tuple[PersonRow, ...]:
    """The people of a cell with their names, the leader first. One statement."""
    held = directory.holders(person.post_id for person in people)
    return tuple(_row(person, held.get(person.post_id)) for person in people)


def _row(person: PersonCard, held: HeldPost | None) -> PersonRow:
    return PersonRow(
        role=shown.role_word(person.role),
        name=held.name if held else "",
        post=f"{held.organisation_name} · {held.title}" if held else "",
        since=person.valid_from,
    )


def form(
    cell: CellCard,
    cluster: ClusterCard | None,
    places: Mapping[str, PlaceCard],
    people: Sequence[PersonCard],
    failed: Failed | None,
) -> PeopleForm:
    """The form of one cell, filled with who works there or with what was typed. Two statements."""
    community = places.get(cell.community_code)
    codes = {cell.community_code, community.parent_code if community else "", cluster.centre_code if cluster else ""}
    known = {post.post_id: post for post in directory.held_posts(codes - {""})}
    known |= directory.holders(person.post_id for person in people if person.post_id not in known)
    ordered = sorted(known.values(), key=lambda post: (post.organisation_code, post.name, str(post.post_id)))
    return PeopleForm(
        slots=_typed(failed.typed) if failed else _standing(people),
        roles=tuple((role, shown.role_word(role)) for role in CELL_ROLES),
        groups=tuple(
            (name, tuple((str(post.post_id), f"{post.name} · {post.title}") for post in own))
            for name, own in groupby(ordered, key=lambda post: post.organisation_name)
        ),
        starts=failed.typed.get("starts", "")[:10] if failed else timezone.localdate().isoformat(),
        error=failed.message if failed else "",
    )


def _standing(people: Sequence[PersonCard]) -> tuple[Slot, ...]:
    own = [(person.role, str(person.post_id)) for person in people] or [(CELL_ROLES[0], "")]
    own += [(CELL_ROLES[1], "")] * SPARE
    return tuple(Slot(number=number, role=role, post=post) for number, (role, post) in enumerate(own))


def _typed(typed: QueryDict) -> tuple[Slot, ...]:
    pairs = list(zip(typed.getlist("role"), typed.getlist("post"), strict=False))[:MOST]
    return tuple(Slot(number=number, role=role, post=post) for number, (role, post) in enumerate(pairs))


def named(typed: QueryDict) -> tuple[list[NewPerson], date]:
    """Who was chosen, from which day on; rows without a post are left out. Raises Invalid."""
    starts = shown.day_of(typed.get("starts", ""))
    if starts is None:
        raise Invalid("cell-people-day", _("Write the first day like 2026-12-01."))
    chosen = [(slot.role, slot.post) for slot in _typed(typed) if slot.post]
    try:
        return [NewPerson(role=role, post_id=UUID(post)) for role, post in chosen], starts
    except ValueError as error:
        raise Invalid("cell-person-gone", _("A post that was chosen has ended. Please choose again.")) from error
