"""Who may give matters away, take them in, and connect other systems. Every rule is a pair: may_x answers, check_may_x raises."""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory


def programs() -> Actor:
    """The installation's own programs act for the centre."""
    return Actor(kind="system", organisation_code=casework.centre_code())


def may_connect(actor: Actor) -> bool:
    """The district's administrators, who answer for the installation."""
    return directory.may_change_directory(actor)


def may_offer(actor: Actor, holder_code: str) -> bool:
    """The centre, or the organisation that has the matter."""
    return actor.acts and actor.organisation_code in (casework.centre_code(), holder_code)


def may_decide(actor: Actor) -> bool:
    """The centre takes in what comes from outside, as it does for residents."""
    return actor.acts and actor.organisation_code == casework.centre_code()


def may_see_all(actor: Actor) -> bool:
    """The centre sees every transfer with its words; others, administrators too, those of matters that they see."""
    return actor.organisation_code == casework.centre_code()


def check_may_connect(actor: Actor) -> None:
    _check(may_connect(actor), _("Only the district's administrators may connect other systems."))


def check_may_offer(actor: Actor, holder_code: str) -> None:
    _check(
        may_offer(actor, holder_code),
        _("Only the district's centre, or the organisation that has this matter, may give it to another system."),
    )


def check_may_decide(actor: Actor) -> None:
    _check(may_decide(actor), _("Only the district's centre may decide on what another district offers."))


def _check(allowed: bool, sentence: str) -> None:
    if not allowed:
        raise Forbidden("partners-forbidden", f"{sentence} {_('Nothing was changed.')}")
