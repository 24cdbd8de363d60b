"""Who may settle what with messages. Every rule is a pair: may_x answers, check_may_x raises with a sentence."""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden
from pianqu.rooms.directory import queries as directory


def may_see_sending(actor: Actor) -> bool:
    """The district's administrators, who answer for the installation."""
    return directory.may_change_directory(actor)


def check_may_see_sending(actor: Actor) -> None:
    if not may_see_sending(actor):
        sentence = _("Only the district's administrators see what is sent. Nothing was changed.")
        raise Forbidden("notices-forbidden", sentence)


def check_may_clear(actor: Actor) -> None:
    if not actor.acts:
        sentence = _("Only who works in an organisation is done with its notices. Nothing was changed.")
        raise Forbidden("notices-forbidden", sentence)
