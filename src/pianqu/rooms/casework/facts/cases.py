"""What casework promises to have happened. Codes, times and commitments; never words, names, contacts or positions.

Every fact carries category and place, so that a reader needs no table of this room, also after an erasure.
`happened_at` and `imported_from` are an importer's claim; where they are empty, the entry's own time holds.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Fact):
    """A matter was taken in."""

    kind: ClassVar[str] = "casework.case-opened"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter received")

    case_id: str
    case_code: str
    category: str
    channel: str
    place_code: str | None
    place_source: str
    words_commitment: str
    photo_commitments: tuple[str, ...] = ()
    has_contact: bool = False
    happened_at: str = ""
    imported_from: str = ""
    due_at: str = ""
    due_rule: str = ""
    due_last_day: str = ""
    due_provisional: bool = False
    cell_code: str = ""
    grid_version: str = ""
    tell_by: str = ""
    identity: str = ""
    """How sure the house was who reported it: not at all, `confirmed` (a contact, by a code), `proven`."""
    danger: bool = False
    """The words hold a phrase of the shipped list of dangers."""


@dataclass(frozen=True, kw_only=True)
class CaseExtended(Fact):
    """Who reported added words or photos."""

    kind: ClassVar[str] = "casework.case-extended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter added to")

    case_id: str
    category: str
    place_code: str | None
    words_commitment: str
    photo_commitments: tuple[str, ...] = ()
    danger: bool = False
    """What was added holds a phrase of danger, and nothing before did."""


@dataclass(frozen=True, kw_only=True)
class CaseWithdrawn(Fact):
    """Who reported took the matter back."""

    kind: ClassVar[str] = "casework.case-withdrawn"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter withdrawn")

    case_id: str
    category: str
    place_code: str | None


@dataclass(frozen=True, kw_only=True)
class CaseResolved(Fact):
    """The matter was dealt with and answered."""

    kind: ClassVar[str] = "casework.case-resolved"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter resolved")

    case_id: str
    category: str
    place_code: str | None
    reply_commitment: str
    happened_at: str = ""
    imported_from: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseClosed(Fact):
    """The matter went to the archive. `reason` is a code, never words."""

    kind: ClassVar[str] = "casework.case-closed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter closed")

    case_id: str
    category: str
    place_code: str | None
    reason: str
    happened_at: str = ""
    imported_from: str = ""


@dataclass(frozen=True, kw_only=True)
class AboutCase(Fact, shared=True):
    """What every later fact of a case tells besides its own."""

    case_id: str
    category: str
    place_code: str | None


@dataclass(frozen=True, kw_only=True)
class CaseAccepted(AboutCase):
    """The centre looked at it and said what kind of matter it is."""

    kind: ClassVar[str] = "casework.case-accepted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter accepted")

    nature: str


@dataclass(frozen=True, kw_only=True)
class CaseDispatched(AboutCase):
    """One organisation leads, others help; `list_kind` and `article` say by which duty list."""

    kind: ClassVar[str] = "casework.case-dispatched"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter dispatched")

    lead_code: str
    helper_codes: tuple[str, ...] = ()
    list_kind: str = ""
    article: str = ""
    due_at: str = ""
    words_commitment: str = ""
    cell_code: str = ""
    entry_article: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskStarted(AboutCase):
    """The lead organisation began to work on it."""

    kind: ClassVar[str] = "casework.task-started"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Work begun")

    task_code: str


@dataclass(frozen=True, kw_only=True)
class TaskReturned(AboutCase):
    """An organisation gave its part back and cited the list; `returns` counts how often the case came back."""

    kind: ClassVar[str] = "casework.task-returned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter returned")

    task_code: str
    role: str
    article: str
    returns: int
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class PingPongAlarmed(AboutCase):
    """The case came back for the second time or more: a leader is told."""

    kind: ClassVar[str] = "casework.ping-pong-alarmed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Passed to and fro")

    returns: int


@dataclass(frozen=True, kw_only=True)
class DispatchObjected(AboutCase):
    """The lead organisation says that the matter is not its own and asks for a review."""

    kind: ClassVar[str] = "casework.dispatch-objected"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Objection to the dispatch")

    task_code: str
    article: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class ObjectionReviewed(AboutCase):
    """Another colleague than the one who dispatched decided on the objection; the decision binds."""

    kind: ClassVar[str] = "casework.objection-reviewed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Objection decided")

    task_code: str
    upheld: bool
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class TaskJoined(AboutCase):
    """Another organisation helps."""

    kind: ClassVar[str] = "casework.task-joined"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another organisation helps")

    task_code: str
    due_at: str = ""
    words_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskDone(AboutCase):
    """A helping organisation did its part."""

    kind: ClassVar[str] = "casework.task-done"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Part done")

    task_code: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class CasePaused(AboutCase):
    """The clock stands still, for a reason that the rules allow."""

    kind: ClassVar[str] = "casework.case-paused"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Clock paused")

    reason: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class CaseResumed(AboutCase):
    """The clock runs again."""

    kind: ClassVar[str] = "casework.case-resumed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Clock runs again")


@dataclass(frozen=True, kw_only=True)
class ExtensionAsked(AboutCase):
    """The lead organisation asks for more time."""

    kind: ClassVar[str] = "casework.extension-asked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "More time asked for")

    rule_id: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class ExtensionDecided(AboutCase):
    """A leader gave more time or did not."""

    kind: ClassVar[str] = "casework.extension-decided"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "More time decided")

    rule_id: str
    granted: bool
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class DueDateSet(AboutCase):
    """A clock was started or its end moved; `cause` says why, and the rule by which. `rules_version` is the district's own set of
    terms, 0 where the pack's term holds."""

    kind: ClassVar[str] = "casework.due-date-set"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Due date set")

    rule_id: str
    cause: str
    due_at: str
    last_day: str
    provisional: bool = False
    rules_version: int = 0


@dataclass(frozen=True, kw_only=True)
class CaseRated(AboutCase):
    """Who reported it rated the answer, on the receipt's page or when called back. 1 is bad, 5 is good."""

    kind: ClassVar[str] = "casework.case-rated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Answer rated")

    score: int
    by: str
    words_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseReopened(AboutCase):
    """The answer did not settle it; another colleague checks next time."""

    kind: ClassVar[str] = "casework.case-reopened"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter reopened")

    times: int
    words_commitment: str
    cause: str = ""
    """`bad-rating` or `call-back` where it followed from that by itself, and the words belong to that."""


@dataclass(frozen=True, kw_only=True)
class CaseEscalated(AboutCase):
    """Nobody ended it in time: the next above in the reporting line is told."""

    kind: ClassVar[str] = "casework.case-escalated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter escalated")

    level: int
    from_code: str
    to_code: str


@dataclass(frozen=True, kw_only=True)
class CaseDueSoon(AboutCase):
    """Less than a fifth of the time is left: who holds it is warned, once a due date."""

    kind: ClassVar[str] = "casework.due-soon"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Due soon")

    holder_code: str
    due_at: str


@dataclass(frozen=True, kw_only=True)
class TaskEscalated(AboutCase):
    """A helping organisation let its own date pass: first who leads is told, then the next above the helper."""

    kind: ClassVar[str] = "casework.task-escalated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Part escalated")

    level: int
    task_code: str
    to_code: str


@dataclass(frozen=True, kw_only=True)
class CaseSupervised(AboutCase):
    """A leader pressed for it (督办): how urgently, and by when an answer is owed."""

    kind: ClassVar[str] = "casework.case-supervised"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Pressed for by a leader")

    words_commitment: str
    supervision_id: str = ""
    level: str = ""
    due_at: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseNoted(AboutCase):
    """Something worth knowing was written down: for colleagues, or for the reporter as well."""

    kind: ClassVar[str] = "casework.case-noted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Note")

    words_commitment: str
    for_reporter: bool = False


@dataclass(frozen=True, kw_only=True)
class ChannelChosen(AboutCase):
    """Who reported it said how to be told of what happens: by `sms`, by `mail`, or (empty) not at all."""

    kind: ClassVar[str] = "casework.channel-chosen"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Way of being told chosen")

    channel: str
    new_contact: bool


@dataclass(frozen=True, kw_only=True)
class ReporterKnown(AboutCase):
    """Who reported it confirmed the contact that was left, and finds the matter among their own since."""

    kind: ClassVar[str] = "casework.reporter-known"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reporter's contact confirmed")

    identity: str


@dataclass(frozen=True, kw_only=True)
class ReporterForgotten(Fact):
    """Somebody left the resident roll: their matters no longer say that they are one person's."""

    kind: ClassVar[str] = "casework.reporter-forgotten"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident's matters unlinked")

    matters: int


@dataclass(frozen=True, kw_only=True)
class CaseLinked(AboutCase):
    """It belongs to another case, which ends after it."""

    kind: ClassVar[str] = "casework.case-linked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Joined to another matter")

    parent_id: str


@dataclass(frozen=True, kw_only=True)
class CaseUnlinked(AboutCase):
    """It belongs to the other case no longer."""

    kind: ClassVar[str] = "casework.case-unlinked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Taken out of another matter")

    parent_id: str


@dataclass(frozen=True, kw_only=True)
class CaseHandedOver(AboutCase):
    """Organisations were merged or split, and others have this matter now. `moves`: role, old code, new code."""

    kind: ClassVar[str] = "casework.case-handed-over"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter handed over")

    moves: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class PartsDueMoved(AboutCase):
    """Helpers' own dates moved with the matter's. `parts`: organisation and date."""

    kind: ClassVar[str] = "casework.parts-due-moved"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Helpers' dates moved")

    cause: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class CasesHandedOver(Fact):
    """How many open matters went from one organisation to another when they were reorganised."""

    kind: ClassVar[str] = "casework.cases-handed-over"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Open matters handed over")

    old_code: str
    new_code: str
    on: str
    received: int
    led: int
    helped: int
    asked: int


@dataclass(frozen=True, kw_only=True)
class YearAnnounced(Fact):
    """A year's holidays are known; provisional due dates in it are computed anew."""

    kind: ClassVar[str] = "casework.year-announced"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Holidays of a year announced")

    year: int
    off: tuple[str, ...]
    worked: tuple[str, ...]
    notice: str


@dataclass(frozen=True, kw_only=True)
class CaseErased(Fact):
    """Words, replies, photos, contact and exact place were destroyed (个人信息保护法 第四十七条). `basis` is a code."""

    kind: ClassVar[str] = "casework.case-erased"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Words of a matter erased")

    case_id: str
    category: str
    place_code: str | None
    basis: str


@dataclass(frozen=True, kw_only=True)
class CategoryAdded(Fact):
    """A category of another district's matters was taken over."""

    kind: ClassVar[str] = "casework.category-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Category entered")

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class FilterSaved(Fact):
    """A post keeps a list to come back to. The name that it was given stays in the table."""

    kind: ClassVar[str] = "casework.filter-saved"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "List kept")

    filter_id: str


@dataclass(frozen=True, kw_only=True)
class FilterDropped(Fact):
    """A post keeps a list no longer."""

    kind: ClassVar[str] = "casework.filter-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "List no longer kept")

    filter_id: str


@dataclass(frozen=True, kw_only=True)
class ShiftHandedOver(Fact):
    """A shift ends: how many matters stand how, and words for the next one."""

    kind: ClassVar[str] = "casework.shift-handed-over"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Shift handed over")

    handover_id: str
    waiting: int
    handled: int
    overdue: int
    soon: int
    answered: int
    words_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class ShiftTakenOver(Fact):
    """The next shift has read what was left to it."""

    kind: ClassVar[str] = "casework.shift-taken-over"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Shift taken over")

    handover_id: str


@dataclass(frozen=True, kw_only=True)
class MonthPublished(Fact):
    """Counts of a month were published; `digest` is the SHA-256 of the file, `withheld` how many counts speak of too few."""

    kind: ClassVar[str] = "casework.month-published"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Figures of a month published")

    month: str
    digest: str
    counts: int
    withheld: int


@dataclass(frozen=True, kw_only=True)
class AboutExport(Fact, shared=True):
    """What happened to a table that a post asked for."""

    export_id: str


@dataclass(frozen=True, kw_only=True)
class ExportAsked(AboutExport):
    """A post asked for a table of matters. `filters` are codes; of words that were searched for it says only that there were."""

    kind: ClassVar[str] = "casework.export-asked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Table of matters asked for")

    form: str
    with_words: bool
    filters: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ExportMade(AboutExport):
    """The table is whole and waits to be fetched."""

    kind: ClassVar[str] = "casework.export-made"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Table of matters made")

    matters: int


@dataclass(frozen=True, kw_only=True)
class ExportStopped(AboutExport):
    """The table was not made, or destroyed before its time. `reason` is a code; `cancelled`: its post wanted it no more."""

    kind: ClassVar[str] = "casework.export-stopped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Table of matters given up")

    reason: str


@dataclass(frozen=True, kw_only=True)
class ExportTaken(AboutExport):
    """Its post fetched the table; with words in it, an access record stands beside this."""

    kind: ClassVar[str] = "casework.export-taken"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Table of matters fetched")

    form: str
    matters: int
    with_words: bool


@dataclass(frozen=True, kw_only=True)
class ExportsPutAway(Fact):
    """Tables whose time was over were destroyed."""

    kind: ClassVar[str] = "casework.exports-put-away"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Old tables of matters destroyed")

    exports: int
