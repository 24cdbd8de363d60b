"""How cards are put into words for a page: names in the reader's language, the steps of a matter, its timeline."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from pianqu.foundation.markup import put, put_each
from pianqu.foundation.qr import picture
from pianqu.foundation.templatetags.ui import full_day, icon, state_word
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.queries import (
    MORE_QUEUES,
    NONE,
    PLATFORMS,
    AdditionCard,
    CategoryCard,
    PhotoCard,
    ResidentCase,
    TimelineItem,
    categories,
    nature_name,
    outcome_name,
    platform_name,
    term_words,
)
from pianqu.rooms.casework.services import NOTICE
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the language it is in, since places and organisations need not have an English one."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A category or place as a form offers it."""

    code: str
    name: str
    hint: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of a timeline."""

    icon: str
    tone: str
    title: str
    at: datetime
    position: int | None
    text: str = ""
    note: str = ""
    by: str = ""
    photos: tuple[PhotoCard, ...] = ()
    first: bool = False
    """The words with which it was reported: a page that shows them above does not repeat them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One station of a matter's way; `mark` is done, now or empty."""

    name: str
    mark: str


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def category_name(card: CategoryCard) -> str:
    return card.name_en if in_english() else card.name_zh


def category_choices(cards: tuple[CategoryCard, ...]) -> tuple[Choice, ...]:
    english = in_english()
    return tuple(
        Choice(code=c.code, name=category_name(c), hint=c.hint_en if english else c.hint_zh, icon=c.icon) for c in cards
    )


def category_names() -> Mapping[str, Choice]:
    """Every category by code, those taken over by an import included."""
    return {choice.code: choice for choice in category_choices(categories())}


def place_name(card: territory.PlaceCard) -> Name:
    """A place's name as short as people say it."""
    if in_english() and card.name_en:
        return Name(text=card.name_en, lang="en")
    return Name(text=card.short_name or card.name, lang="zh-CN")


class Places:
    """Names of places and clusters for one page: asked once, whatever the number of rows."""

    def __init__(self) -> None:
        ground = territory.ground(on=timezone.localdate())
        self._cards, self._clusters = ground.places, ground.clusters

    def name(self, code: str) -> Name | None:
        card = self._cards.get(code)
        return place_name(card) if card else None

    def street(self, code: str) -> Name | None:
        """The street or town above a community, or the place itself where it is one."""
        card = self._cards.get(code)
        if card and card.level == "community":
            card = self._cards.get(card.parent_code)
        return place_name(card) if card else None

    def groups(self) -> Sequence[territory.StreetChoice]:
        """Streets with their communities."""
        return territory.community_choices()

    def streets(self) -> list[tuple[str, Name]]:
        """Streets and towns in the order of their codes."""
        return [(code, place_name(card)) for code, card in sorted(self._cards.items()) if card.level == "street"]

    def chosen(self, code: str) -> Choice | None:
        """The place that a form has chosen already, to stand before the whole list."""
        card = self._cards.get(code)
        return Choice(code=code, name=place_name(card).text) if card else None

    def clusters(self, stems: tuple[str, ...] = ()) -> tuple[Choice, ...]:
        """Today's clusters, all or those on a ground, and what lies in none; empty where there are none."""
        drawn = [
            Choice(code=card.code, name=card.name)
            for card in self._clusters
            if not stems or any(code.startswith(stems) for code in card.community_codes)
        ]
        return (*drawn, Choice(code=NONE, name=_("In no cluster"))) if drawn else ()

    def options(self, scope: directory.Scope | None = None) -> SafeString:
        """Streets with their communities as the options of a select, all or those of a scope's ground; made once per language,
        ground and process."""
        stems = scope.stems if scope is not None and not scope.everything else ()
        return _options("en" if in_english() else "zh", len(self._cards), stems)


def options(choices: Iterable[Choice], chosen: str = "") -> SafeString:
    """Choices as the options of a select."""
    return put_each(
        "",
        '<option value="{}"{}>{}</option>',
        ((c.code, mark_safe(" selected") if c.code == chosen else "", c.name) for c in choices),
    )


def states() -> tuple[Choice, ...]:
    """Every state as a filter offers it."""
    return tuple(Choice(code=str(state), name=state_word(str(state))) for state in State)


@lru_cache(maxsize=64)
def _options(_language: str, _places: int, stems: tuple[str, ...]) -> SafeString:
    return put_each(
        "\n",
        '<optgroup label="{}">{}</optgroup>',
        (
            (
                place_name(group.street).text,
                put_each(
                    "",
                    '<option value="{}">{}</option>',
                    ((c.code, place_name(c).text) for c in group.communities if not stems or c.code.startswith(stems)),
                ),
            )
            for group in territory.community_choices()
            if not stems or any(c.code.startswith(stems) for c in group.communities)
        ),
    )


class Organisations:
    """Names of organisations for one page: asked once, whatever is shown. Those that ended keep their names."""

    def __init__(self) -> None:
        self._cards = {card.code: card for card in directory.every_organisation()}

    def full(self, code: str) -> Name:
        """The whole name; the code where the directory does not know it."""
        card = self._cards.get(code)
        if card is None:  # another process entered it a moment ago
            return Name(text=directory.name_of(code), lang="zh-CN")
        if in_english() and card.name_en:
            return Name(text=card.name_en, lang="en")
        return Name(text=card.name, lang="zh-CN")

    def short(self, code: str) -> str:
        """How it is called on a desk, in the reader's language."""
        card = self._cards.get(code)
        if card is None:  # another process entered it a moment ago
            return directory.name_of(code)
        return card.name_en if in_english() and card.name_en else card.short_name

    def kind(self, code: str) -> str:
        """What kind of organisation it is; empty where the directory does not know it."""
        return self._cards[code].kind if code in self._cards else ""

    def parent(self, code: str) -> str:
        """Whose station, or below whom it is; empty where the directory does not know it."""
        return self._cards[code].parent_code if code in self._cards else ""

    def choices(self, *kinds: str) -> tuple[Choice, ...]:
        """Those of these kinds that a form offers."""
        cards = (card for card in self._cards.values() if card.kind in kinds and not card.ended)
        return tuple(Choice(code=card.code, name=self.short(card.code)) for card in cards)


# the way of a matter -------------------------------------------------------------------------------------------------


def steps(case: ResidentCase) -> tuple[Step, ...]:
    """Received, being handled, resolved, closed; or received and withdrawn."""
    received, handled, resolved = (
        pgettext("step", "Received"),
        pgettext("step", "In hand"),
        pgettext("step", "Resolved"),
    )
    if case.state == "withdrawn":
        return (Step(name=received, mark="done"), Step(name=pgettext("step", "Withdrawn"), mark="now"))
    stations = {"dispatched": 1, "in_progress": 1, "paused": 1, "resolved": 2, "rated": 2, "closed": 3}
    reached = stations.get(case.state, 0)
    names = (received, handled, resolved, pgettext("step", "Closed"))
    return tuple(
        Step(name=name, mark="now" if order == reached else "done" if order < reached else "")
        for order, name in enumerate(names)
    )


def happened(case: ResidentCase, organisations: Organisations) -> tuple[Happened, ...]:
    """The timeline, newest first, each fact with the words that belong to it."""
    additions = list(case.additions)
    lines = [_line(item, case, additions, organisations) for item in case.timeline]
    return tuple(reversed(lines))


def _line(item: TimelineItem, case: ResidentCase, additions: list[AdditionCard], names: Organisations) -> Happened:
    text, note = item.words, _detail(item, names)
    photos: tuple[PhotoCard, ...] = ()
    if item.kind == "casework.case-opened":
        text, photos = case.words, case.photos
    elif item.kind == "casework.case-extended" and additions:
        added = additions.pop(0)
        text, photos = added.words, added.photos
    elif item.kind == "casework.case-resolved":
        text = item.words or case.reply
    elif item.kind == "ledger.personal-data-read":
        note = _purpose(item.purpose)
    if item.imported_from:
        note = _("Taken over from %(source)s") % {"source": item.imported_from}
    by = names.short(item.organisation_code) if item.actor_kind == "post" else ""
    icon, tone, title = _called(item)
    return Happened(
        icon=icon,
        tone=tone,
        title=title,
        at=item.happened_at or item.at,
        position=item.position,
        text=text,
        note=note if note != by else "",
        by=by,
        photos=photos,
        first=item.kind == "casework.case-opened",
    )


BY_RULE = "casework.dispatch-suggested"


def _changed_term(fact: Mapping[str, Any]) -> str:
    """Which term a clock that stands still took over, from which one."""
    sentence = _(
        "Term changed from %(before)s to %(after)s (version %(n)d of the district's terms), "
        "to be computed when the clock runs again"
    )
    before = term_words(fact["before_amount"], fact["before_unit"])
    return sentence % {"before": before, "after": term_words(fact["amount"], fact["unit"]), "n": fact["version"]}


def _purpose(purpose: str) -> str:
    """Why somebody looked: the words that were given, or what the installation used the contact for."""
    if purpose == NOTICE:
        return _("To send the message that was asked for; nobody saw it.")
    return _("Reason given: %(purpose)s") % {"purpose": purpose} if purpose else ""


def _called(item: TimelineItem) -> tuple[str, str, str]:
    """Icon, tone and title of a step."""
    if item.purpose == NOTICE:
        return "bell", "", _("The contact was used for a message")
    icon, tone, title = _kind(item.kind)
    if item.kind == "casework.due-date-set" and item.fact.get("cause") == "rules-changed":
        title = _("Due date moved: the district changed its terms")
    if item.kind == BY_RULE and item.fact.get("automatic"):
        title = _("Dispatched by a rule of the district, by itself")
    if item.kind == "casework.clock-term-changed":
        title = _changed_term(item.fact)
    return icon, tone, title


def _detail(item: TimelineItem, names: Organisations) -> str:
    """One line about a step of the handling: to whom, by which item of the list, until when."""
    fields = [name for name in (*_SAYINGS, "rank") if name in item.fact]
    if item.kind == BY_RULE and item.fact.get("automatic"):
        fields.remove("followed")  # nobody decided
    says = (_OWN_SAYINGS.get((item.kind, name)) or _SAYINGS.get(name) for name in fields)
    told = (say(item.fact[name], names) for name, say in zip(fields, says, strict=True) if say)
    return " · ".join(part for part in told if part)


def _named(sentence: str, code: str, names: Organisations) -> str:
    return sentence % {"name": names.short(code)} if code else ""


_SAYINGS: dict[str, Callable[[Any, Organisations], str]] = {
    "lead_code": lambda code, names: _named(_("Lead: %(name)s"), code, names),
    "helper_codes": lambda codes, names: (
        _("Help: %(names)s") % {"names": "、".join(names.short(code) for code in codes)} if codes else ""
    ),
    "task_code": lambda code, names: names.short(code),
    "suggested_code": lambda code, names: _named(_("Suggested: %(name)s"), code, names),
    "followed": lambda yes, _names: _("followed by the dispatcher") if yes else _("the dispatcher decided otherwise"),
    "after_codes": lambda codes, names: (
        _("After: %(names)s") % {"names": "、".join(names.short(code) for code in codes)} if codes else ""
    ),
    "holder_code": lambda code, names: names.short(code),
    "article": lambda article, _names: _("List: %(article)s") % {"article": article} if article else "",
    "upheld": lambda yes, _names: _("Upheld") if yes else _("Not upheld; the dispatch binds"),
    "granted": lambda yes, _names: _("Granted") if yes else _("Refused"),
    "nature": lambda code, _names: nature_name(code),
    "score": lambda score, _names: _("%(score)d of 5") % {"score": score},
    "last_day": lambda day, _names: _("Until the end of %(day)s") % {"day": _day_of(day)} if day else "",
    "provisional": lambda yes, _names: _("provisional") if yes else "",
    "moves": lambda moves, names: _passed_on(moves, names),
    "to_code": lambda code, names: _named(_("To %(name)s"), code, names),
    "platform": lambda code, _names: pgettext("platform", "To %(name)s") % {"name": platform_name(code)},
    "outcome": lambda code, _names: outcome_name(code),
    "recheck_on": lambda day, _names: _("Second look on %(day)s") % {"day": _day_of(day)},
    "put_right": lambda yes, _names: _("Put right") if yes else _("Not put right"),
    "letter_kind": lambda kind, _names: letter_name(kind),
}
"""A field of a fact → how a timeline says it."""
_OWN_SAYINGS: dict[tuple[str, str], Callable[[Any, Organisations], str]] = {
    ("casework.platform-changed", "holder_code"): lambda code, names: _named(
        _("Led until then: %(name)s"), code, names
    ),
    ("casework.suggestion-answered", "rank"): lambda rank, _names: (
        _("followed by the dispatcher") if rank == 1 else _("the dispatcher decided otherwise")
    ),
}
"""Where the same field means something else in one kind of fact."""


def _day_of(text: str) -> str:
    return full_day(date.fromisoformat(text)) if text else ""


def _passed_on(moves: Sequence[Sequence[str]], names: Organisations) -> str:
    """Each old organisation and who took over from it, once."""
    pairs = dict.fromkeys((old, new) for _role, old, new in moves)
    return " · ".join(f"{names.short(old)} → {names.short(new)}" for old, new in pairs)


def letter_name(kind: str) -> str:
    """What was said between this district and another system."""
    names = {
        "offered": _("The matter is offered"),
        "taken": _("The matter is taken"),
        "declined": _("The matter is not taken"),
        "withdrawn": _("The matter is taken back"),
        "added": _("What its reporter added"),
        "progress": _("How it stands"),
        "answered": _("The answer"),
        "closed": _("It is closed"),
        "reopened": _("Please look at it again"),
        "rated": _("How the answer was rated"),
        "refused": _("It could not be done"),
        "erased": _("What is personal was erased"),
    }
    return names.get(kind, kind)


def natures() -> tuple[Choice, ...]:
    return tuple(Choice(code=code, name=nature_name(code)) for code in ("complaint", "help", "enquiry", "urgent"))


def pause_reasons() -> tuple[Choice, ...]:
    """Why a clock may stand still."""
    names = {
        "waiting-for-reporter": _("Waiting for who reported it"),
        "inspection": _("Inspection or testing"),
        "appraisal": _("Appraisal or expert review"),
        "hearing": _("Hearing"),
        "other-procedure": _("Another procedure has to end first"),
        "weather": _("Weather makes work impossible"),
    }
    return tuple(Choice(code=code, name=name) for code, name in names.items())


def why_day(why: str) -> str:
    """Why a day counts or does not."""
    names = {
        "first-day": _("The first day does not count"),
        "counted": _("Counts"),
        "worked-weekend": _("A weekend that is worked: counts"),
        "weekend": _("Weekend"),
        "holiday": _("Holiday"),
        "paused": _("The clock stood still"),
        "rolled": _("Moved on to the next working day"),
    }
    return names[why]


def _kind(kind: str) -> tuple[str, str, str]:
    """Icon, tone and title of a fact's kind."""
    known = {
        "casework.case-opened": ("inbox", "", _("Reported and received")),
        "casework.case-extended": ("message-plus", "", _("More was added by who reported it")),
        "casework.case-resolved": ("circle-check", "p", _("Resolved, with this answer")),
        "casework.case-closed": ("archive", "", _("Closed")),
        "casework.case-withdrawn": ("arrow-back-up", "", _("Withdrawn by who reported it")),
        "casework.case-accepted": ("checks", "", _("Accepted")),
        "casework.case-dispatched": ("send", "p", _("Dispatched")),
        "casework.task-started": ("player-play", "", _("Work has begun")),
        "casework.task-returned": ("arrow-back-up", "w", _("Returned to the centre")),
        "casework.ping-pong-alarmed": ("alert-triangle", "w", _("Passed to and fro: a leader is told")),
        "casework.dispatch-objected": ("flag", "w", _("Objection to the dispatch")),
        "casework.objection-reviewed": ("scale", "", _("Objection decided")),
        "casework.task-joined": ("users", "", _("Another organisation helps")),
        "casework.task-done": ("check", "", _("A helper has done its part")),
        "casework.case-paused": ("player-pause", "w", _("The clock stands still")),
        "casework.case-resumed": ("player-play", "", _("The clock runs again")),
        "casework.extension-asked": ("clock", "", _("More time asked for")),
        "casework.extension-decided": ("clock", "", _("More time decided")),
        "casework.due-date-set": ("clock", "", _("Due date set")),
        "casework.clock-term-changed": ("clock", "w", ""),
        "casework.case-rated": ("circle-check", "p", _("Rated by who reported it")),
        "casework.case-reopened": ("rotate", "w", _("Reopened: the answer did not settle it")),
        "casework.case-escalated": ("trending-up", "w", _("Overdue: the next above is told")),
        "casework.due-soon": ("hourglass", "w", _("Due soon: who holds it is warned")),
        "casework.task-escalated": ("trending-up", "w", _("A helper's date has passed: the next above is told")),
        "casework.case-supervised": ("bell", "w", _("A leader presses for it")),
        "casework.supervision-answered": ("message", "p", _("The supervision is answered")),
        "casework.supervision-accepted": ("check", "p", _("The leader accepts the answer")),
        "casework.supervision-repeated": ("bell", "w", _("A leader presses for it again")),
        "casework.supervision-lifted": ("x", "", _("The supervision is lifted")),
        "casework.supervision-due-soon": ("hourglass", "w", _("An answer to a leader is due soon")),
        "casework.supervision-escalated": (
            "trending-up",
            "w",
            _("An answer to a leader is overdue: the next above is told"),
        ),
        "casework.call-back-done": ("phone", "p", _("Called back by somebody who did not handle it")),
        "casework.channel-chosen": ("bell", "", _("Said how to be told")),
        "casework.case-noted": ("message", "", _("Note")),
        "casework.colleagues-mentioned": ("bell", "", _("Colleagues were called by a note")),
        "casework.note-retracted": ("arrow-back-up", "", _("A note among colleagues was taken back")),
        "casework.note-struck": ("x", "", _("A note among colleagues was struck")),
        "casework.case-recategorised": ("list-check", "", _("Category changed")),
        "casework.parts-due-moved": ("clock", "", _("Helpers' dates moved with the matter's")),
        "casework.suggestion-answered": ("list-check", "", _("What the words had suggested")),
        "casework.dispatch-suggested": ("list-check", "", _("What a dispatch rule had suggested")),
        "casework.template-applied": ("users", "", _("Joint handling by a template")),
        "casework.parts-ordered": ("list", "", _("Order of parts set")),
        "casework.check-done": ("checks", "", _("Checklist changed")),
        "casework.platform-changed": ("switch-horizontal", "w", _("Moved to another platform")),
        "casework.platform-ping-pong": (
            "alert-triangle",
            "w",
            _("Passed to and fro between platforms: a leader is told"),
        ),
        "casework.joint-called": ("users", "p", _("Members of the platform were called together")),
        "casework.place-inspected": ("clipboard-list", "p", _("Inspected on the spot")),
        "casework.rectification-ordered": ("file-check", "p", _("A notice was served on the spot")),
        "casework.rectification-checked": ("rotate", "", _("Looked at again")),
        "casework.guided-at-window": ("message", "p", _("Advised at the window")),
        "partners.letter-written": ("send", "", _("Another system was told")),
        "partners.letter-received": ("inbox", "", _("Another system told us")),
        "partners.letters-emptied": ("eraser", "w", _("What other systems had been told was destroyed here")),
        "casework.case-unlinked": ("arrows-split", "", _("Taken out of another matter")),
        "casework.reporter-known": ("user-check", "", _("Confirmed the contact that was left")),
        "casework.case-linked": ("git-merge", "", _("Joined to another matter")),
        "casework.matter-taken-in": ("git-merge", "", _("Another matter was joined to it")),
        "casework.matter-split-off": ("arrows-split", "", _("A joined matter was taken out again")),
        "casework.case-succeeds": ("git-merge", "", _("It follows a matter that had ended before it could be joined")),
        "casework.joint-answer-given": ("message", "p", _("All who joined are answered, each on their own matter")),
        "casework.joint-answer-carried": ("checks", "", _("The answer has reached all who joined")),
        "casework.title-released": ("eye", "", _("A public title was released")),
        "casework.title-taken-back": ("eye", "", _("The public title was taken back")),
        "casework.case-handed-over": ("refresh", "", _("Handed over: organisations were merged or split")),
        "casework.case-rehomed": ("refresh", "", _("Handed over: its community lies in another cluster now")),
        "casework.case-erased": ("eraser", "w", _("Words, photos and contact were erased")),
        "ledger.entry-erased": ("eraser", "w", _("A note about who looked at the contact was erased")),
        "ledger.personal-data-read": ("eye", "w", _("An official looked at the contact")),
    }
    return known.get(kind, ("file-text", "", _("Something was recorded")))


def erase_bases() -> tuple[Choice, ...]:
    """Why a matter's words must go, in the order of 个人信息保护法 第四十七条."""
    names = {
        "purpose-achieved": _("Its purpose is achieved; nobody needs it any more"),
        "period-over": _("The time for which it may be kept is over"),
        "consent-withdrawn": _("The person asked for it or withdrew consent"),
        "unlawful": _("It should never have been taken down"),
    }
    return tuple(Choice(code=code, name=name) for code, name in names.items())


def waited(case_opened_at: datetime, until: datetime) -> str:
    """How long, in the two largest units that people count in."""
    minutes = max(0, int((until - case_opened_at).total_seconds())) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)d min") % {"minutes": minutes}


def qr_picture(text: str) -> SafeString:
    """The receipt's QR code; about 50 mm on paper, so it needs no colour and no frame."""
    return picture(text, _("QR code of the receipt; it can be checked without a network"))


def link_picture(url: str) -> SafeString:
    """A private link as a QR code."""
    return picture(url, _("QR code of the private link"))


def left(due_at: datetime | None, now: datetime) -> str:
    """How much time is left, or by how much it is over."""
    if due_at is None:
        return ""
    if now >= due_at:
        return _("over by %(time)s") % {"time": waited(due_at, now)}
    return _("%(time)s left") % {"time": waited(now, due_at)}


_CLOCKS = {"ok": "clock", "soon": "hourglass", "late": "alert-triangle", "held": "player-pause", "done": "check"}


def clock_words(standing: str, words: str) -> SafeString:
    """A clock as glyph and words: never by colour alone."""
    return put('<span class="pq-clock {}">{} {}</span>', standing, icon(_CLOCKS[standing]), words)


def queue_name(queue: str) -> str:
    """How a queue is called."""
    names = {
        "danger": _("May be dangerous"),
        "mine": _("Our part"),
        "unassigned": _("Nobody's yet"),
        "overdue": _("Overdue"),
        "asked": _("To be decided"),
        "answered": _("Answered, to be rated"),
        "open": _("All open"),
        "week": _("Due this week"),
        "likely": _("Likely late"),
    }
    return names[queue]


def more_queues(queue: str) -> tuple[Choice, ...]:
    """The queue that the list shows, where it is one of those that only the overview points to."""
    return (Choice(code=queue, name=queue_name(queue)),) if queue in MORE_QUEUES else ()


def platforms() -> tuple[Choice, ...]:
    return tuple(Choice(code=code, name=platform_name(code)) for code in (*PLATFORMS, NONE))


def moments() -> tuple[Choice, ...]:
    """Other days than those on which matters came in."""
    return (Choice(code="resolved", name=_("Resolved")), Choice(code="reopened", name=_("Last reopened")))


def chosen_place(names: Places, code: str) -> Choice | None:
    """The place that a list is bound to, NONE included."""
    return Choice(code=NONE, name=_("No place known")) if code == NONE else names.chosen(code)


def page_number(text: str) -> int:
    """The page of a list that an address asks for; the first where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) else 1


def likely_mark() -> SafeString:
    """That a matter is likely to miss its date: glyph and words."""
    return put('<span class="badge bg-yellow-lt">{}{}</span>', icon("hourglass"), _("Likely late"))


def danger_mark() -> SafeString:
    """That a matter's words sound dangerous: glyph and words."""
    return put('<span class="badge bg-red-lt">{}{}</span>', icon("alert-triangle"), _("May be dangerous"))


def reasons(signs: Sequence[str], organisations: Organisations) -> tuple[str, ...]:
    """What speaks for a matter's being late, in words, each thing once."""
    said = (_reason(sign, organisations) for sign in signs)
    return tuple(dict.fromkeys(sentence for sentence in said if sentence))


def _reason(sign: str, organisations: Organisations) -> str:
    field, _is, value = sign.partition("=")
    name = value.partition("/")[0]
    sentences = {
        "state": {
            "waiting": _("nobody answers for it yet"),
            "returned": _("it was returned"),
            "reopened": _("it was reopened"),
        }.get(value, ""),
        "queue": _("matters with %(name)s") % {"name": organisations.short(name)},
        "queue-age": _("matters with %(name)s that have come as far in their term")
        % {"name": organisations.short(name)},
        "category": _("matters of its category"),
        "category-age": _("matters of its category that have come as far in their term"),
        "hour": _("the time of day at which it came in"),
        "age": _("so much of its term has passed"),
        "term": _("how long its term is in all"),
        "load": _("how many matters are open beside it"),
        "lately": _("how many dates were missed there in the last weeks") if value != "none" else "",
    }
    return sentences.get(field, "")
