"""Who may do what with a case. Every rule is a pair: may_x answers, check_may_x raises with a sentence.

Officials act through their post, for the cases that their organisation received; the district's centre acts for all.
A resident acts as the holder of the receipt: the door has proved that before it hands on the case's id.
"""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden
from pianqu.foundation.installation import installation


def centre_code() -> str:
    """The organisation that takes in what residents report and sees the whole district."""
    return f"{installation().district_code}-centre"


def sees_all(actor: Actor) -> bool:
    """Whether the actor's view is the whole district."""
    return actor.kind == "system" or (actor.kind == "post" and actor.organisation_code == centre_code())


def _answers_for(actor: Actor, organisation_code: str) -> bool:
    return sees_all(actor) or (actor.kind == "post" and actor.organisation_code == organisation_code)


def may_see(actor: Actor, organisation_code: str) -> bool:
    """An official of the receiving organisation or of the centre, or a job of the installation."""
    return _answers_for(actor, organisation_code)


def may_resolve(actor: Actor, organisation_code: str) -> bool:
    """Same as seeing: who answers for the case answers the reporter."""
    return _answers_for(actor, organisation_code)


def may_close(actor: Actor, organisation_code: str) -> bool:
    return _answers_for(actor, organisation_code)


def may_extend(actor: Actor, organisation_code: str) -> bool:
    """The reporter, or the window on the reporter's word."""
    return actor.kind == "resident" or _answers_for(actor, organisation_code)


def may_withdraw(actor: Actor, organisation_code: str) -> bool:
    """The reporter, or the window on the reporter's word."""
    return actor.kind == "resident" or _answers_for(actor, organisation_code)


def may_reveal_contact(actor: Actor, organisation_code: str) -> bool:
    """Only a person in a post: a program has nobody to call."""
    return actor.kind == "post" and _answers_for(actor, organisation_code)


def may_erase(actor: Actor) -> bool:
    """The centre, which keeps the whole district's matters, on the person's request or when their time is over."""
    return actor.kind == "post" and sees_all(actor)


def may_add_categories(actor: Actor) -> bool:
    return sees_all(actor)


def may_claim(actor: Actor) -> bool:
    """Only an importing job may say that something happened elsewhere before."""
    return actor.kind == "system"


def check_may_claim(actor: Actor) -> None:
    _check(may_claim(actor), _("Only an import may take over what happened elsewhere."))


def check_may_resolve(actor: Actor, organisation_code: str) -> None:
    _check(may_resolve(actor, organisation_code), _("Only the organisation that received this matter may resolve it."))


def check_may_close(actor: Actor, organisation_code: str) -> None:
    _check(may_close(actor, organisation_code), _("Only the organisation that received this matter may close it."))


def check_may_extend(actor: Actor, organisation_code: str) -> None:
    _check(may_extend(actor, organisation_code), _("Only who reported this matter may add to it."))


def check_may_withdraw(actor: Actor, organisation_code: str) -> None:
    _check(may_withdraw(actor, organisation_code), _("Only who reported this matter may withdraw it."))


def check_may_reveal_contact(actor: Actor, organisation_code: str) -> None:
    _check(
        may_reveal_contact(actor, organisation_code),
        _("Only an official of the organisation that received this matter may see the contact."),
    )


def check_may_erase(actor: Actor) -> None:
    _check(may_erase(actor), _("Only the district's centre may erase what a matter says about a person."))


def check_may_add_categories(actor: Actor) -> None:
    _check(may_add_categories(actor), _("Only the district's centre may add categories."))


def _check(allowed: bool, sentence: str) -> None:
    if not allowed:
        raise Forbidden("casework-forbidden", f"{sentence} {_('Nothing was changed.')}")
