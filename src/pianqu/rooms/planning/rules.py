"""Who may plan, publish and adopt. Every rule is a pair: may_x answers, check_may_x raises with a sentence."""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, unchanged
from pianqu.rooms.directory import queries as directory

PLANNING = frozenset({"district", "centre", "street", "town"})
"""Kinds of organisations whose leaders and administrators plan."""

DEPARTMENT = "department"
MOST_SITES = 60
"""A study of sites opens at most so many."""


DRAWING = frozenset({"department", "station", "party"})
"""Kinds of organisations that have grids of their own."""


def may_plan(actor: Actor) -> bool:
    """Leaders and administrators of the district, its centres, streets and towns; the installation's own programs."""
    if actor.kind == "system":
        return True
    if not actor.acts or not directory.may_manage(actor, actor.organisation_code):
        return False
    card = directory.organisations([actor.organisation_code]).get(actor.organisation_code)
    return card is not None and card.kind in PLANNING


def may_change(actor: Actor, organisation_code: str) -> bool:
    """An organisation's draft or study is changed by who plans there, or in one above it; everybody else reads it."""
    if actor.kind == "system":
        return True
    own = actor.organisation_code == organisation_code
    return may_plan(actor) and (own or _is_above(actor.organisation_code, organisation_code))


def _is_above(code: str, other: str) -> bool:
    """The district and its centre stand above all, also above what was dissolved since."""
    return directory.is_of_whole_district(code) or code in directory.superiors(other)


def check_may_change(actor: Actor, organisation_code: str) -> None:
    """Raise Forbidden where `may_change` answers no for a draft."""
    sentence = _("This draft is %(name)s's: it is changed there, or by an organisation above it. You can read it.")
    _check_change(actor, organisation_code, "draft-of-others", sentence)


def check_may_change_study(actor: Actor, organisation_code: str) -> None:
    """The same for a study of sites."""
    sentence = _("This study is %(name)s's: it is changed there, or by an organisation above it. You can read it.")
    _check_change(actor, organisation_code, "study-of-others", sentence)


def _check_change(actor: Actor, organisation_code: str, code: str, sentence: str) -> None:
    check_may_plan(actor)
    if not may_change(actor, organisation_code):
        raise Forbidden(code, unchanged(sentence % {"name": directory.name_of(organisation_code)}))


def may_decide(actor: Actor) -> bool:
    """A plan is put into force by who may change the grid."""
    return directory.may_change_directory(actor)


def may_comment(actor: Actor) -> bool:
    """Anybody: residents without an account, officials who may act."""
    return actor.kind == "resident" or actor.acts


def check_may_comment(actor: Actor) -> None:
    """Raise Forbidden where `may_comment` answers no."""
    if not may_comment(actor):
        raise Forbidden("comment-forbidden", unchanged(_("This post reads and changes nothing.")))


def may_see(actor: Actor) -> bool:
    """Officials see drafts while they are worked on; everybody else once they are published."""
    return actor.kind in {"post", "system"}


def check_may_see(actor: Actor) -> None:
    """Raise Forbidden where `may_see` answers no."""
    if not may_see(actor):
        raise Forbidden("draft-forbidden", _("Drafts are seen by officials until they are published."))


def check_may_plan(actor: Actor) -> None:
    """Raise Forbidden where `may_plan` answers no."""
    if not may_plan(actor):
        sentence = _("Plans are drafted by leaders and administrators of the district, its centres, streets and towns.")
        raise Forbidden("plan-forbidden", unchanged(sentence))


def check_may_decide(actor: Actor) -> None:
    """Raise Forbidden where `may_decide` answers no."""
    if not may_decide(actor):
        sentence = _("A plan is put into force by the district's administrators.")
        raise Forbidden("adopt-forbidden", unchanged(sentence))


def may_hand_in(actor: Actor, organisation_code: str) -> bool:
    """A department's grid is handed in by its own leaders and administrators, or by who plans."""
    if may_plan(actor):
        return True
    own = actor.acts and actor.organisation_code == organisation_code and directory.may_manage(actor, organisation_code)
    card = directory.organisations([organisation_code]).get(organisation_code) if own else None
    return card is not None and card.kind in DRAWING


def check_may_hand_in(actor: Actor, organisation_code: str) -> None:
    """Raise Forbidden where `may_hand_in` answers no."""
    if not may_hand_in(actor, organisation_code):
        sentence = _("A department's grid is handed in by its own leaders and administrators, or by those who plan.")
        raise Forbidden("hand-in-forbidden", unchanged(sentence))
