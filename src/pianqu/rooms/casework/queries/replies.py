"""Templates for what is written again and again: which a post sees, which an act offers, and what their blanks stand for."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels import blanks, checkcode
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.models import Case, ReplyTemplate, ReplyUse
from pianqu.rooms.casework.queries.cases import categories
from pianqu.rooms.casework.queries.seen import one_seen_by
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

BLANKS: Mapping[str, str] = {
    "number": "受理编号",
    "category": "事项类别",
    "place": "地点",
    "reported": "反映日期",
    "due": "办理期限",
    "today": "今天",
    "organisation": "本单位",
    "handler_organisation": "承办单位",
}
"""What may stand in a blank: the English name → the Chinese one. Nothing of a person is among them."""
REPLY_ACTS: Mapping[str, str] = {
    "resolve": "answer",
    "finish": "answer",
    "return": "return",
    "object": "return",
    "pause": "message",
    "guide": "message",
}
"""Acts whose words may begin with a template, and the use of those that are offered there."""
_BY_NAME = {name: code for code, chinese in BLANKS.items() for name in (code, chinese)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCard:
    """A template as its organisation sees it. `organisation_code` is empty for the district's."""

    template_id: uuid.UUID
    organisation_code: str
    use: str
    category: str
    name: str
    words: str
    words_en: str
    version: int
    changed_at: datetime
    uses: int
    uses_this_month: int
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyOffer:
    """A template that an act offers, in one of its languages (`zh`, `en`)."""

    template_id: uuid.UUID
    use: str
    name: str
    language: str
    for_all: bool
    of_category: bool


def unknown_blanks(text: str) -> tuple[str, ...]:
    """Names in blanks that nothing stands for."""
    return tuple(name for name in blanks.names_in(text) if name not in _BY_NAME)


def open_blanks(text: str) -> tuple[str, ...]:
    """Blanks that are still open in a text, as they stand there."""
    return blanks.open_in(text)


def reply_templates_for(actor: Actor, *, now: datetime) -> tuple[ReplyCard, ...]:
    """The living templates of the actor's organisation and the district's, by use and name, with their figures. One statement,
    and two for what the actor may change."""
    month = timezone.localdate(now).replace(day=1)
    used = ReplyUse.objects.filter(template=OuterRef("pk")).order_by().values("template")
    rows = _living(actor).annotate(
        uses=Coalesce(Subquery(used.annotate(n=Sum("uses")).values("n")), 0),
        lately=Coalesce(Subquery(used.filter(month=month).annotate(n=Sum("uses")).values("n")), 0),
    )
    may = {code: rules.may_write_replies(actor, code) for code in ("", actor.organisation_code)}
    return tuple(
        ReplyCard(
            template_id=row.id,
            organisation_code=row.organisation_code,
            use=row.use,
            category=row.category,
            name=row.name,
            words=row.words,
            words_en=row.words_en,
            version=row.version,
            changed_at=row.changed_at,
            uses=row.uses,
            uses_this_month=row.lately,
            may_change=may[row.organisation_code],
        )
        for row in rows.order_by("use", F("organisation_code").desc(), "name", "id")
    )


def replies_offered(actor: Actor, category: str) -> tuple[ReplyOffer, ...]:
    """What acts on a matter of this category offer: its own category's first, the own organisation's before the district's.
    One statement."""
    rows = _living(actor).filter(category__in=("", category)).order_by("-category", "-organisation_code", "name", "id")
    return tuple(
        ReplyOffer(
            template_id=row.id,
            use=row.use,
            name=row.name,
            language=language,
            for_all=not row.organisation_code,
            of_category=bool(row.category),
        )
        for row in rows.only("id", "use", "name", "organisation_code", "category", "words_en")
        for language in (("zh", "en") if row.words_en else ("zh",))
    )


def _living(actor: Actor) -> QuerySet[ReplyTemplate]:
    """Those that the actor's organisation keeps, and the district's."""
    return ReplyTemplate.objects.filter(Q(organisation_code="") | Q(organisation_code=actor.organisation_code)).filter(
        ended_at=None
    )


def reply_template_id(actor: Actor, template_id: uuid.UUID | None) -> uuid.UUID | None:
    """The same where the actor is offered it; None else."""
    return _living(actor).filter(id=template_id).values_list("id", flat=True).first() if template_id else None


def filled_reply(
    actor: Actor, *, case_id: uuid.UUID, template_id: uuid.UUID, language: str = "zh", now: datetime
) -> str:
    """A template's words for one matter; what is not known of it stays an open blank. Raises Absent."""
    case = one_seen_by(actor).filter(id=case_id).first()
    if case is None:
        raise Absent("case-absent", _("There is no such matter."))
    row = _living(actor).filter(id=template_id).first()
    if row is None:
        raise Absent("reply-template-absent", _("This template is offered no longer. What you typed is still here."))
    english = language == "en" and bool(row.words_en)
    with translation.override("en" if english else "zh-hans"):
        return blanks.fill(
            row.words_en if english else row.words, _values(actor, case, english, timezone.localdate(now))
        )


def _values(actor: Actor, case: Case, english: bool, today: date) -> dict[str, str]:
    """What the blanks stand for, by either name; what is not known is left out."""
    known = {
        "number": checkcode.show(case.code),
        "category": next(
            (one.name_en if english else one.name_zh for one in categories() if one.code == case.category), ""
        ),
        "place": _place(case.place_code or "", english, today),
        "reported": _day(timezone.localdate(case.opened_at), english),
        "due": _day(timezone.localdate(case.due_at), english) if case.due_at else "",
        "today": _day(today, english),
        "organisation": _organisation(actor.organisation_code, english),
        "handler_organisation": _organisation(case.lead_code or case.organisation_code, english),
    }
    return {name: known[code] for name, code in _BY_NAME.items() if known[code]}


def _day(day: date, english: bool) -> str:
    return formatted(day, "j F Y") if english else f"{day.year}年{day.month}月{day.day}日"


def _place(code: str, english: bool, on: date) -> str:
    """The community, and nothing nearer: a landmark may say whose door it is."""
    card = territory.ground(on=on).places.get(code)
    return "" if card is None else (card.name_en if english and card.name_en else card.short_name or card.name)


def _organisation(code: str, english: bool) -> str:
    card = directory.organisations([code]).get(code)
    return directory.name_of(code) if card is None else card.name_en if english and card.name_en else card.name
