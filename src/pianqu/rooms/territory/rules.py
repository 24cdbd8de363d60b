"""Who may change what is known of places."""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden
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


def check_may_change_places(actor: Actor) -> None:
    """Raise Forbidden where `may_change_places` answers no."""
    if not may_change_places(actor):
        raise Forbidden("places-forbidden", _("Only the installation's own set-up may change places."))
