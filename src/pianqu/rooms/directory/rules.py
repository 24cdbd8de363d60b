"""Who may change the directory: jobs of the installation, and administrators of an organisation."""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden

ORGANISATION_KINDS = frozenset({"district", "street", "town", "centre", "community", "village", "department"})
POST_KINDS = frozenset({"window", "handler", "leader", "administrator"})


def may_change_directory(actor: Actor) -> bool:
    """Set-up and imports so far; administrators' own pages come with the district's sign-in."""
    return actor.kind == "system"


def check_may_change_directory(actor: Actor) -> None:
    """Raise Forbidden where `may_change_directory` answers no."""
    if not may_change_directory(actor):
        raise Forbidden("directory-forbidden", _("Only the installation's own set-up may change the directory."))
