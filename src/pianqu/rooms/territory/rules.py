"""Who may change what is known of places."""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden


def may_change_places(actor: Actor) -> bool:
    """Set-up and imports."""
    return actor.kind == "system"


def check_may_change_places(actor: Actor) -> None:
    """Raise Forbidden where `may_change_places` answers no."""
    if not may_change_places(actor):
        raise Forbidden("places-forbidden", _("Only the installation's own set-up may change places."))
