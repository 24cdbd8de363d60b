"""What dispatch promises to have happened: versions of rules, what they suggested, templates, whistles, task forces."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutRules(Fact, shared=True):
    """A version of the rules; `digest` binds what it says."""

    version: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class RulesDrafted(AboutRules):
    """A draft was begun. `based_on` is 0 for an empty one."""

    kind: ClassVar[str] = "casework.rules-drafted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft of dispatch rules begun")

    based_on: int


@dataclass(frozen=True, kw_only=True)
class RulesWritten(AboutRules):
    """The draft says something else now."""

    kind: ClassVar[str] = "casework.rules-written"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft of dispatch rules changed")

    rules: int


@dataclass(frozen=True, kw_only=True)
class RulesAdopted(AboutRules):
    """They suggest from this day on. `restored` is the version to which it goes back, or 0."""

    kind: ClassVar[str] = "casework.rules-adopted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Dispatch rules put in force")

    rules: int
    starts_on: str
    restored: int = 0


@dataclass(frozen=True, kw_only=True)
class RulesDropped(AboutRules):
    """A draft, or what was not in force yet, is given up."""

    kind: ClassVar[str] = "casework.rules-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft of dispatch rules given up")


@dataclass(frozen=True, kw_only=True)
class RulesTried(AboutRules):
    """A version was tried with past matters."""

    kind: ClassVar[str] = "casework.rules-tried"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Dispatch rules tried with past matters")

    trial_id: str
    compared: int
    since: str
    until: str


@dataclass(frozen=True, kw_only=True)
class RulesTrialEnded(AboutRules):
    """The trial is ready, or was given up (`ready` is false)."""

    kind: ClassVar[str] = "casework.rules-trial-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Trial of dispatch rules ended")

    trial_id: str
    ready: bool
    matters: int


@dataclass(frozen=True, kw_only=True)
class DispatchSuggested(AboutCase):
    """A rule had suggested somebody for this dispatch; a person followed it or not, or it was automatic."""

    kind: ClassVar[str] = "casework.dispatch-suggested"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Suggestion of a dispatch rule")

    version: int
    rule_code: str
    suggested_code: str
    lead_code: str
    followed: bool
    automatic: bool


@dataclass(frozen=True, kw_only=True)
class TemplateSet(Fact):
    """A template of joint handling says this from now on; ended: it is offered no more."""

    kind: ClassVar[str] = "casework.template-set"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Template of joint handling set")

    template_code: str
    lead_code: str
    helper_codes: tuple[str, ...]
    checks: int
    ended: bool = False


@dataclass(frozen=True, kw_only=True)
class TemplateApplied(AboutCase):
    """A joint matter got its parts, their dates and its checklist from a template."""

    kind: ClassVar[str] = "casework.template-applied"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Joint handling by a template")

    template_code: str
    helper_codes: tuple[str, ...]
    checks: int


@dataclass(frozen=True, kw_only=True)
class PartsOrdered(AboutCase):
    """One organisation's part begins when others' are done. `after_codes` empty: it waits for nobody."""

    kind: ClassVar[str] = "casework.parts-ordered"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Order of parts set")

    task_code: str
    after_codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CheckDone(AboutCase):
    """Something on a matter's checklist was done, or is to be done after all."""

    kind: ClassVar[str] = "casework.check-done"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Checklist changed")

    item_id: str
    done: bool


@dataclass(frozen=True, kw_only=True)
class AboutWhistle(Fact, shared=True):
    """What every fact of a whistle tells. `case_id` is empty where it is about a place alone."""

    whistle_id: str
    case_id: str
    place_code: str
    caller_code: str


@dataclass(frozen=True, kw_only=True)
class WhistleBlown(AboutWhistle):
    """Departments were called to the spot."""

    kind: ClassVar[str] = "casework.whistle-blown"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Departments called to the spot")

    called_codes: tuple[str, ...]
    answer_by: str
    be_there_by: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class WhistleAnswered(AboutWhistle):
    """One of them comes."""

    kind: ClassVar[str] = "casework.whistle-answered"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Called department comes")

    called_code: str
    comes_at: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class WhistleObjected(AboutWhistle):
    """One of them says that it is not its matter; a leader of who called decides."""

    kind: ClassVar[str] = "casework.whistle-objected"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Called department objects")

    called_code: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class WhistleDecided(AboutWhistle):
    """The objection was decided: `excused`, or it has to come."""

    kind: ClassVar[str] = "casework.whistle-decided"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Objection to a call decided")

    called_code: str
    excused: bool
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class WhistleArrived(AboutWhistle):
    """It is there."""

    kind: ClassVar[str] = "casework.whistle-arrived"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Called department arrived")

    called_code: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class WhistleFinished(AboutWhistle):
    """It did its part on the spot."""

    kind: ClassVar[str] = "casework.whistle-finished"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Called department finished")

    called_code: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class WhistleEnded(AboutWhistle):
    """Who called ends it."""

    kind: ClassVar[str] = "casework.whistle-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Call to the spot ended")

    finished: int
    called: int


@dataclass(frozen=True, kw_only=True)
class WhistleDueSoon(AboutWhistle):
    """Less than a fifth of the time is left to answer or to be there."""

    kind: ClassVar[str] = "casework.whistle-due-soon"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Call to the spot due soon")

    called_code: str
    due_at: str


@dataclass(frozen=True, kw_only=True)
class WhistleEscalated(AboutWhistle):
    """Nobody answered or came in time: the next above in the reporting line is told."""

    kind: ClassVar[str] = "casework.whistle-escalated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Call to the spot went up the line")

    called_code: str
    level: int
    to_code: str


@dataclass(frozen=True, kw_only=True)
class AboutForce(Fact, shared=True):
    """What every fact of a joint task force tells."""

    force_id: str
    lead_code: str


@dataclass(frozen=True, kw_only=True)
class ForceFormed(AboutForce):
    """Several organisations work together under a lead."""

    kind: ClassVar[str] = "casework.force-formed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Joint task force formed")

    member_codes: tuple[str, ...]
    starts_on: str
    ends_on: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class ForceGiven(AboutForce):
    """A matter was given to it. `after_id` is the matter that comes first, or empty."""

    kind: ClassVar[str] = "casework.force-given"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter given to a joint task force")

    case_id: str
    after_id: str = ""
    member_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ForceReleased(AboutForce):
    """A matter is its no more."""

    kind: ClassVar[str] = "casework.force-released"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter taken from a joint task force")

    case_id: str


@dataclass(frozen=True, kw_only=True)
class ForceEnded(AboutForce):
    """It ended with a report."""

    kind: ClassVar[str] = "casework.force-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Joint task force ended")

    matters: int
    answered: int
    words_commitment: str
    member_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JointWorkHandedOver(Fact):
    """What was under way with one organisation and went to another when they were reorganised: whistles, joint task forces,
    memberships of platforms, root causes. Rules and templates tell of themselves."""

    kind: ClassVar[str] = "casework.joint-work-handed-over"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Joint work handed over")

    old_code: str
    new_code: str
    on: str
    whistle_ids: tuple[str, ...] = ()
    force_ids: tuple[str, ...] = ()
    member_ids: tuple[str, ...] = ()
    cause_ids: tuple[str, ...] = ()
