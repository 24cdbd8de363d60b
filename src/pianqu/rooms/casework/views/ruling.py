"""Rules of dispatch for who keeps them: versions, one version with its faults and figures, trials, templates."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Problem
from pianqu.foundation.ids import new_id
from pianqu.foundation.templatetags.ui import full_day
from pianqu.kernels.dispatch import Fault
from pianqu.rooms.casework import forms, queries, rules, services
from pianqu.rooms.casework.queries import RuleRow, RuleVersionCard, TemplateCard, TemplatePart
from pianqu.rooms.casework.services import NewTemplate
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.posted import posted

PARTIES = ("department", "station", "street", "town", "centre")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One rule in words, with what is wrong with it and how it did."""

    row: RuleRow
    number: int
    when: tuple[tuple[str, str], ...]
    lead: str
    helpers: tuple[str, ...]
    template: str
    nature: str
    faults: tuple[tuple[bool, str], ...]
    figures: queries.RuleFigures | None


class Words:
    """Names for one page of rules, asked once."""

    def __init__(self) -> None:
        self.organisations = shown.Organisations()
        self.places = shown.Places()
        self.categories = shown.category_names()
        self.templates = queries.templates()

    def category(self, code: str) -> str:
        return self.categories[code].name if code in self.categories else code

    def place(self, code: str) -> str:
        name = self.places.name(code)
        return name.text if name else code

    def when(self, row: RuleRow) -> tuple[tuple[str, str], ...]:
        """The conditions as pairs of what is looked at and what it has to be."""
        comma = pgettext("list", ", ")
        named: list[tuple[str, Sequence[str]]] = [
            (_("Category"), [self.category(code) for code in row.categories]),
            (_("Where"), [self.place(code) for code in row.areas]),
            (_("Cell"), list(row.cells)),
            (_("Came by"), [queries.channel_name(code) for code in row.channels]),
            (_("On"), [weekday(number) for number in row.weekdays]),
            (_("Time"), [f"{row.since}–{row.until}"] if row.since else []),
            (_("Says"), [f"“{word}”" for word in row.words]),
            (_("Given back by"), [self.organisations.short(code) for code in row.returned_by]),
        ]
        return tuple((name, comma.join(values)) for name, values in named if values)

    def line(
        self,
        row: RuleRow,
        number: int,
        faults: Sequence[Fault],
        figures: Mapping[str, queries.RuleFigures],
        names: Mapping[str, str],
        ended: Mapping[str, str],
    ) -> Line:
        template = self.templates.cards.get(row.template)
        named = dict.fromkeys((row.lead, *row.helpers, *row.returned_by))
        says = _("%(name)s has ended: please name who took over.")
        return Line(
            row=row,
            number=number,
            when=self.when(row),
            lead=self.organisations.short(row.lead) if row.lead else "",
            helpers=tuple(self.organisations.short(code) for code in row.helpers),
            template=template.name if template else row.template,
            nature=queries.nature_name(row.nature) if row.nature else "",
            faults=(
                *[(one.is_grave, queries.fault_words(one, names)) for one in faults if one.code == row.code],
                *[(True, says % {"name": ended[code]}) for code in named if code in ended],
            ),
            figures=figures.get(row.code),
        )


def weekday(number: int) -> str:
    """1 is Monday."""
    names = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    return names[number - 1]


@never_cache
@login_required
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """What is in force, the draft, and every version before."""
    return _versions(request, actor_of(request))


def _versions(request: HttpRequest, actor: Actor, *, refused: str = "", status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    cards = queries.rule_versions(actor, on=today)
    current = next((card for card in cards if card.in_force), None)
    words = Words()
    context = {
        "versions": cards,
        "current": current,
        "draft": next((card for card in cards if card.state == "draft"), None),
        "lines": _lines(actor, words, current) if current else (),
        "trials": queries.trials_of(actor)[:5],
        "templates": [card for card in words.templates.cards.values() if not card.ended],
        "may_write": rules.may_write_rules(actor),
        "refused": refused,
        "today": today,
    }
    return render(request, "casework/rules.html", context, status=status)


def _lines(actor: Actor, words: Words, card: RuleVersionCard) -> list[Line]:
    faults = queries.rule_faults(card.rules, words.templates)
    figures = queries.rule_figures(actor, card.number)
    names = {row.code: row.name or _("rule %(n)s") % {"n": number} for number, row in enumerate(card.rules, 1)}
    ended = queries.ended_in(card.rules)
    return [words.line(row, number, faults, figures, names, ended) for number, row in enumerate(card.rules, 1)]


@never_cache
@login_required
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version; a draft can be changed here."""
    return _version(request, actor_of(request), number)


def _version(
    request: HttpRequest,
    actor: Actor,
    number: int,
    *,
    status: int = 200,
    error: str = "",
    refused: str = "",
    errors: Mapping[str, str] | None = None,
    typed: RuleRow | None = None,
) -> HttpResponse:
    today = timezone.localdate()
    card = queries.rule_version(actor, number, on=today)
    others = [one for one in queries.rule_versions(actor, on=today) if one.number != number]
    other = _other(request, others, card)
    words, editing = Words(), typed or _editing(request, card)
    last = today.replace(day=1) - timedelta(days=1)
    context = {
        "version": card,
        "lines": _lines(actor, words, card),
        "faults": [
            queries.fault_words(one, {})
            for one in queries.rule_faults(card.rules, words.templates)
            if one.kind == "circle"
        ],
        "other": other,
        "others": others,
        "changes": [_change(change) for change in queries.compared_rules(other.rules, card.rules)] if other else (),
        "may_write": rules.may_write_rules(actor),
        "is_draft": card.state == "draft",
        "is_later": card.state == "adopted" and card.starts_on is not None and card.starts_on > today,
        "editing": editing,
        "error": error,
        "refused": refused,
        "today": today,
        "errors": errors or {},
        "since": request.POST.get("since") if errors else f"{last.replace(day=1):%Y-%m-%d}",
        "until": request.POST.get("until") if errors else f"{last:%Y-%m-%d}",
        **_choices(words, editing),
    }
    return render(request, "casework/rules_version.html", context, status=status)


def _other(request: HttpRequest, others: Sequence[RuleVersionCard], card: RuleVersionCard) -> RuleVersionCard | None:
    """The version that it is compared with: the one asked for, or the one in force, or what it was made from."""
    wanted = request.GET.get("with", "")
    by_number = {str(one.number): one for one in others}
    in_force = next((one for one in others if one.in_force), None)
    return by_number.get(wanted) or in_force or by_number.get(str(card.based_on))


def _editing(request: HttpRequest, card: RuleVersionCard) -> RuleRow:
    code = request.GET.get("rule", "")
    return next((row for row in card.rules if row.code == code), RuleRow(code=""))


def _choices(words: Words, editing: RuleRow) -> dict[str, Any]:
    """What the form of a rule offers."""
    return {
        "categories": list(words.categories.values()),
        "channels": [shown.Choice(code=code, name=queries.channel_name(code)) for code in queries.CHANNELS],
        "weekdays": [(number, weekday(number)) for number in range(1, 8)],
        "natures": shown.natures(),
        "parties": words.organisations.choices(*PARTIES),
        "templates": [card for card in words.templates.cards.values() if not card.ended],
        "areas": _areas(words),
        "words_text": " ".join(editing.words),
        "cells_text": " ".join(editing.cells),
    }


def _areas(words: Words) -> list[shown.Choice]:
    return [
        shown.Choice(code=code, name=words.place(code))
        for group in words.places.groups()
        for code in (group.street.code, *(one.code for one in group.communities))
    ]


def _change(change: queries.RuleChange) -> tuple[str, str, str]:
    kinds = {
        "added": ("plus", _("New")),
        "removed": ("x", _("Gone")),
        "changed": ("pencil", _("Changed")),
        "moved": ("selector", _("Stands elsewhere")),
    }
    icon, word = kinds[change.kind]
    return icon, word, change.name or change.code


@login_required
@posted("casework:rules")
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a draft from the version that is named, or an empty one."""
    actor, based = actor_of(request), request.POST.get("from", "0")
    try:
        number = services.draft_rules(actor=actor, based_on=_number(based), now=timezone.now())
    except Forbidden:
        raise
    except Problem as problem:
        return _versions(request, actor, refused=problem.message, status=problem.status)
    return redirect("casework:rules_version", number=number)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@login_required
@posted("casework:rules_version", by="number")
def act(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """Change a draft by one rule, or do something with the version as a whole."""
    actor, now = actor_of(request), timezone.now()
    if name not in (*_WHOLE, *_EDITS):
        raise Http404
    typed: RuleRow | None = None
    try:
        if name in _WHOLE:
            return _whole(request, actor, number, name, now)
        card = queries.rule_version(actor, number, on=timezone.localdate(now))
        typed = _typed(request.POST) if name == "save" else None
        rows = _edited(card, name, request.POST, typed)
        services.write_rules(actor=actor, number=number, rows=rows, former=request.POST.get("former", ""), now=now)
    except Forbidden:
        raise
    except Problem as problem:
        if problem.code == "trial-days":
            errors = {_trial_field(request.POST): problem.message}
            return _version(request, actor, number, status=problem.status, errors=errors)
        own = {"error": problem.message, "typed": typed} if typed else {"refused": problem.message}
        return _version(request, actor, number, status=problem.status, **own)
    return redirect("casework:rules_version", number=number)


def _trial_field(typed: QueryDict) -> str:
    """Which of a trial's two days is wrong: the one that is none, else the last."""
    return "trial_since" if forms.day_of(typed.get("since", "")) is None else "trial_until"


_WHOLE = ("adopt", "drop", "restore", "try")
_EDITS = ("save", "up", "down", "remove")


def _whole(request: HttpRequest, actor: Actor, number: int, name: str, now: datetime) -> HttpResponse:
    if name == "try":
        since, until = (forms.day_of(request.POST.get(field, "")) for field in ("since", "until"))
        if since is None or until is None:
            raise Invalid("trial-days", _("Please choose a first and a last day, three months apart at most."))
        compared = _number(request.POST.get("with", "0"))
        trial = services.try_rules(actor=actor, number=number, compared=compared, since=since, until=until, now=now)
        return redirect("casework:rules_trial", trial_id=trial)
    if name == "adopt":
        starts_on = _day(request.POST.get("starts", ""))
        services.adopt_rules(actor=actor, number=number, starts_on=starts_on, now=now)
        messages.success(request, _("The rules are in force from %(day)s on.") % {"day": full_day(starts_on)})
        return redirect("casework:rules")
    if name == "drop":
        services.drop_rules(actor=actor, number=number, now=now)
        return redirect("casework:rules")
    services.restore_rules(actor=actor, number=number, now=now)
    messages.success(request, _("These rules are in force again."))
    return redirect("casework:rules")


def _day(text: str) -> date:
    day = forms.day_of(text)
    if day is None:
        raise Invalid("rules-day", _("Please choose the day from which they are in force."))
    return day


def _typed(typed: QueryDict) -> RuleRow:
    """The rule that somebody typed."""
    listed = {name: tuple(value for value in typed.getlist(name) if value) for name in _LISTED}
    return RuleRow(
        code=typed.get("code", "") or new_id().hex[-8:],
        name=typed.get("name", ""),
        weekdays=tuple(_number(text) for text in typed.getlist("weekdays")),
        since=typed.get("since", "").strip()[:5],
        until=typed.get("until", "").strip()[:5],
        words=tuple(typed.get("words", "").replace("，", " ").replace(",", " ").split()),
        cells=tuple(typed.get("cells", "").replace("，", " ").replace(",", " ").split()),
        lead=typed.get("lead", ""),
        template=typed.get("template", ""),
        nature=typed.get("nature", ""),
        automatic=typed.get("automatic") == "1",
        **listed,
    )


_LISTED = ("categories", "areas", "channels", "returned_by", "helpers")


def _edited(card: RuleVersionCard, name: str, typed: QueryDict, row: RuleRow | None) -> list[RuleRow]:
    rows, code = list(card.rules), typed.get("code", "")
    at = next((n for n, one in enumerate(rows) if one.code == code), None)
    if row is not None:
        if not row.lead and not row.template:
            raise Invalid("rule-nobody", _("Please say who leads, or choose a template. What you typed is still here."))
        if at is None:
            return [*rows, row]
        rows[at] = replace(row, code=rows[at].code)
        return rows
    if at is None:
        raise Invalid("rule-absent", _("This rule is not in the draft any more. Nothing was changed."))
    if name == "remove":
        return rows[:at] + rows[at + 1 :]
    other = at - 1 if name == "up" else at + 1
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    return rows


TRIAL_PAGE = 50
"""Differing matters on one page."""

# trials --------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def trial(request: HttpRequest, trial_id: uuid.UUID) -> HttpResponse:
    """Where matters would have gone, or how far that is found out."""
    actor = actor_of(request)
    card = queries.trial_of(actor, trial_id, mark=queries.scope_mark(actor))
    words, by_code = Words(), {one.code: one for one in card.rules}
    page = shown.page_number(request.GET.get("page", ""))
    first = (page - 1) * TRIAL_PAGE
    context = {
        "trial": card,
        "percent": 100 * card.done // card.total if card.total else None,
        "lines": [
            (words.organisations.short(line.organisation_code), line, line.would - line.happened, line.would - line.now)
            for line in card.departments
        ],
        "matters": [
            (
                one,
                words.category(one.category),
                words.organisations.short(one.happened) if one.happened else "",
                words.organisations.short(one.would) if one.would else "",
                words.organisations.short(one.now) if one.now else "",
                by_code.get(one.rule_code),
            )
            for one in card.matters[first : first + TRIAL_PAGE]
        ],
        "earlier": page - 1,
        "later": page + 1 if len(card.matters) > first + TRIAL_PAGE else 0,
        "goes_on": card.state == queries.TRIAL_ASKED,
        "sentence": _trial_sentence(card),
    }
    return render(request, "casework/rules_trial.html", context)


def _trial_sentence(card: queries.TrialCard) -> str:
    if not card.total:
        return _("No matter came in on these days.")
    sentence = ngettext(
        "Of %(total)s matter, %(differs)s would have gone to somebody else than it did, "
        "%(unruled)s no rule speaks of, and %(refused)s the duty list would not have let go there.",
        "Of %(total)s matters, %(differs)s would have gone to somebody else than they did, "
        "%(unruled)s no rule speaks of, and %(refused)s the duty list would not have let go there.",
        card.total,
    )
    told = {"total": card.total, "differs": card.differs, "unruled": card.unruled, "refused": card.refused}
    return sentence % told


# templates -----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def templates(request: HttpRequest) -> HttpResponse:
    """Templates of joint handling, and the form of one."""
    actor = actor_of(request)
    rules.check_may_see_rules(actor)
    if request.method != "POST":
        return _templates(request, actor)
    typed = request.POST
    template: NewTemplate | None = None
    try:
        if ended := typed.get("end", ""):
            services.end_template(actor=actor, code=ended[:40], now=timezone.now())
        else:
            template = _template(typed)
            _check_days(typed)
            services.set_template(actor=actor, template=template, now=timezone.now())
    except Forbidden:
        raise
    except Problem as problem:
        return _templates(request, actor, error=problem.message, typed=template, status=problem.status)
    return redirect("casework:rules_templates")


MOST_TYPED = 8
"""Helpers for which the form has lines; a template of more comes from the API."""


def _typed_parts(typed: QueryDict) -> list[tuple[int, str, str]]:
    """The lines that name somebody: their number, who, and the working days as they were typed."""
    lines = ((n, typed.get(f"helper{n}", ""), typed.get(f"days{n}", "").strip()) for n in range(MOST_TYPED))
    return [line for line in lines if line[1]]


def _check_days(typed: QueryDict) -> None:
    """Raise Invalid for working days that are no number: nothing is left out without a word."""
    for n, _code, days in _typed_parts(typed):
        if days and not (days.isascii() and days.isdigit()):
            sentence = _("The working days of helper %(n)d are no whole number: “%(days)s”. Nothing was changed.")
            raise Invalid("template-days", sentence % {"n": n + 1, "days": days[:20]})


def _template(typed: QueryDict) -> NewTemplate:
    parts = [
        TemplatePart(
            organisation_code=code, days=_number(days), after=(after,) if (after := typed.get(f"after{n}", "")) else ()
        )
        for n, code, days in _typed_parts(typed)
    ]
    return NewTemplate(
        code=typed.get("code", "") or new_id().hex[-8:],
        name=typed.get("name", ""),
        categories=tuple(typed.getlist("categories")),
        lead_code=typed.get("lead", ""),
        parts=tuple(parts),
        checklist=tuple(line for line in typed.get("checklist", "").splitlines() if line.strip()),
        includes=tuple(code for code in typed.getlist("includes") if code),
    )


def _templates(
    request: HttpRequest, actor: Actor, *, error: str = "", typed: NewTemplate | None = None, status: int = 200
) -> HttpResponse:
    words = Words()
    living = [card for card in words.templates.cards.values() if not card.ended]
    chosen = next((card for card in living if card.code == request.GET.get("template", "")), None)
    editing: NewTemplate | TemplateCard | None = typed or chosen
    empty = TemplatePart(organisation_code="")
    parts = list(editing.parts) if editing else []
    days = (
        [days for _n, _code, days in _typed_parts(request.POST)] if typed else [str(part.days or "") for part in parts]
    )
    days += [""] * (max(MOST_TYPED, len(parts)) - len(days))
    context = {
        "cards": [_template_line(card, words) for card in living],
        "editing": editing,
        "lines": list(zip(count(), parts + [empty] * max(0, MOST_TYPED - len(parts)), days, strict=False)),
        "checklist": "\n".join(editing.checklist) if editing else "",
        "categories": list(words.categories.values()),
        "parties": words.organisations.choices(*PARTIES),
        "others": [card for card in living if editing is None or card.code != editing.code],
        "may_write": rules.may_write_rules(actor),
        "error": error,
    }
    return render(request, "casework/rules_templates.html", context, status=status)


def _template_line(card: TemplateCard, words: Words) -> dict[str, Any]:
    return {
        "card": card,
        "lead": words.organisations.short(card.lead_code) if card.lead_code else "",
        "categories": [words.category(code) for code in card.categories],
        "parts": [
            (
                words.organisations.short(part.organisation_code),
                part.days,
                [words.organisations.short(code) for code in part.after],
            )
            for part in card.parts
        ],
        "includes": [words.templates.cards[code].name for code in card.includes if code in words.templates.cards],
    }
