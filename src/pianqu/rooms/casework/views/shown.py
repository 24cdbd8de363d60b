"""How cards are put into words for a page: names in the reader's language, the steps of a matter, its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import segno
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from pianqu.rooms.casework.queries import AdditionCard, CategoryCard, PhotoCard, ResidentCase, TimelineItem, categories
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
    photos: tuple[PhotoCard, ...] = ()


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
    """Names of places for one page: asked once, whatever the number of rows."""

    def __init__(self) -> None:
        self._cards = territory.places()

    def name(self, code: str) -> Name | None:
        card = self._cards.get(code)
        return place_name(card) if card else None

    def street(self, code: str) -> Name | None:
        """The street or town above a community, or the place itself where it is one."""
        card = self._cards.get(code)
        if card and card.level == "community":
            card = self._cards.get(card.parent_code)
        return place_name(card) if card else None

    def chosen(self, code: str) -> Choice | None:
        """The place that a form has chosen already, to stand before the whole list."""
        card = self._cards.get(code)
        return Choice(code=code, name=place_name(card).text) if card else None

    def options(self) -> SafeString:
        """Streets with their communities as the options of a select; 160 of them, made once per language and process."""
        return _options("en" if in_english() else "zh", len(self._cards))


@lru_cache(maxsize=8)
def _options(_language: str, _places: int) -> SafeString:
    return format_html_join(
        "\n",
        '<optgroup label="{}">{}</optgroup>',
        (
            (
                place_name(group.street).text,
                format_html_join(
                    "",
                    '<option value="{}">{}</option>',
                    ((c.code, place_name(c).text) for c in group.communities),
                ),
            )
            for group in territory.community_choices()
        ),
    )


def organisation_name(code: str) -> Name:
    """The name of an organisation; its code where the directory does not know it."""
    card = directory.organisations([code]).get(code)
    if card is None:
        return Name(text=code, lang="en")
    if in_english() and card.name_en:
        return Name(text=card.name_en, lang="en")
    return Name(text=card.name, lang="zh-CN")


# the way of a matter -------------------------------------------------------------------------------------------------


def steps(case: ResidentCase) -> tuple[Step, ...]:
    """Received, resolved, closed; or received and withdrawn."""
    received, resolved = pgettext("step", "Received"), pgettext("step", "Resolved")
    if case.state == "withdrawn":
        return (Step(name=received, mark="done"), Step(name=pgettext("step", "Withdrawn"), mark="now"))
    reached = ("opened", "resolved", "closed").index(case.state)
    names = (received, resolved, pgettext("step", "Closed"))
    return tuple(
        Step(name=name, mark="now" if order == reached else "done" if order < reached else "")
        for order, name in enumerate(names)
    )


def happened(case: ResidentCase) -> tuple[Happened, ...]:
    """The timeline, newest first, each fact with the words that belong to it."""
    additions = list(case.additions)
    lines = [_line(item, case, additions) for item in case.timeline]
    return tuple(reversed(lines))


def _line(item: TimelineItem, case: ResidentCase, additions: list[AdditionCard]) -> Happened:
    text, note = "", ""
    photos: tuple[PhotoCard, ...] = ()
    if item.kind == "casework.case-opened":
        text, photos = case.words, case.photos
    elif item.kind == "casework.case-extended" and additions:
        added = additions.pop(0)
        text, photos = added.words, added.photos
    elif item.kind == "casework.case-resolved":
        text = case.reply
    elif item.kind == "ledger.personal-data-read":
        note = _("Reason given: %(purpose)s") % {"purpose": item.purpose} if item.purpose else ""
    if item.imported_from:
        note = _("Taken over from %(source)s") % {"source": item.imported_from}
    icon, tone, title = _kind(item.kind)
    return Happened(
        icon=icon,
        tone=tone,
        title=title,
        at=item.happened_at or item.at,
        position=item.position,
        text=text,
        note=note,
        photos=photos,
    )


def _kind(kind: str) -> tuple[str, str, str]:
    """Icon, tone and title of a fact's kind."""
    known = {
        "casework.case-opened": ("inbox", "", _("Reported and received")),
        "casework.case-extended": ("message-plus", "", _("More was added by who reported it")),
        "casework.case-resolved": ("circle-check", "p", _("Resolved, with this answer")),
        "casework.case-closed": ("archive", "", _("Closed")),
        "casework.case-withdrawn": ("arrow-back-up", "", _("Withdrawn by who reported it")),
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
    """The QR code as an inline drawing without styles; about 50 mm on paper, so it needs no colour and no frame."""
    code = segno.make(text, error="l", micro=False)
    size = code.symbol_size(border=0)[0]
    path = code.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)
    inside = path[path.index("<path") : path.rindex("</svg>")]
    label = _("QR code of the receipt; it can be checked without a network")
    return mark_safe(
        f'<svg class="pq-qr" role="img" aria-label="{label}" viewBox="-4 -4 {size + 8} {size + 8}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M-4-4h{size + 8}v{size + 8}h-{size + 8}z"/>{inside}</svg>'
    )
