"""What officials do with one case: one door, one table of acts; each is one verb with what was typed."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem, as_problem
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, case_page
from pianqu.rooms.casework.views.offered import chosen_in
from pianqu.rooms.casework.views.posted import posted

Typed = QueryDict
Verb = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Act:
    """A verb and what it takes from the form."""

    verb: Verb
    takes: Callable[[Typed], Mapping[str, Any]] = lambda _typed: {}


def _words(typed: Typed) -> Mapping[str, Any]:
    return {"words": typed.get("words", "")}


def _cited(typed: Typed) -> Mapping[str, Any]:
    return {"words": typed.get("words", ""), "article": typed.get("article", "")}


def _parties(typed: Typed) -> Mapping[str, Any]:
    """Who is chosen to lead is meant to lead, even where it is still ticked among those that help: a rule may have ticked it."""
    lead = typed.get("lead", "")
    return {
        "lead_code": lead,
        "helper_codes": tuple(code for code in typed.getlist("helpers") if code not in ("", lead)),
        "nature": typed.get("nature", ""),
        "cell_code": typed.get("cell", "")[:24],
        "sub_due": _last_moment(typed),
        "template_code": typed.get("template", "")[:40],
        "words": typed.get("words", ""),
        **_suggested(typed),
    }


def _suggested(typed: Typed) -> Mapping[str, Any]:
    """The version whose suggestion the page showed; None where it showed none."""
    return {"suggested_by": forms.version_of(typed.get("suggested_by", ""))}


def _category(typed: Typed) -> Mapping[str, Any]:
    return {"category": typed.get("category", ""), **_words(typed), **_suggested(typed)}


def _last_moment(typed: Typed) -> datetime | None:
    """The end of the helpers' own last day; None where none is given. Raises Invalid for what is no day."""
    text = typed.get("sub_due", "").strip()
    if not text:
        return None
    day = forms.day_of(text)
    if day is None:
        raise Invalid("sub-due-day", _("The helpers' last day is no day of the calendar. Nothing was changed."))
    return timezone.make_aware(datetime.combine(day, time.max.replace(microsecond=0)))


def _joined(typed: Typed) -> Mapping[str, Any]:
    return {"helper_code": typed.get("helper", ""), "sub_due": _last_moment(typed), **_words(typed)}


def _parent(typed: Typed) -> Mapping[str, Any]:
    return {"parent_code": typed.get("code", "")}


def _score(typed: Typed) -> Mapping[str, Any]:
    score = typed.get("score", "")
    return {"score": int(score) if score in {"1", "2", "3", "4", "5"} else 0, "words": typed.get("words", "")}


def _demand(typed: Typed) -> Mapping[str, Any]:
    """Raises Invalid for what is no day."""
    text = typed.get("due_on", "").strip()
    day = forms.day_of(text) if text else None
    if text and day is None:
        raise Invalid(
            "supervision-day", _("The last day for the answer is no day of the calendar. Nothing was changed.")
        )
    return {"level": typed.get("level", "") or "formal", "due_on": day, **_words(typed)}


def _item(typed: Typed) -> uuid.UUID:
    try:
        return uuid.UUID(typed.get("item", ""))
    except ValueError:
        return uuid.UUID(int=0)


def _day(typed: Typed, name: str) -> date:
    """A day as a form sends it. Raises Invalid for what is none."""
    day = forms.day_of(typed.get(name, ""))
    if day is None:
        code = "platform-day" if name == "last_day" else "recheck-day"
        raise Invalid(code, _("Please give the day as in a calendar. Nothing was changed."))
    return day


def _moved(typed: Typed) -> Mapping[str, Any]:
    return {"platform": typed.get("platform", ""), "nature": typed.get("nature", ""), **_words(typed)}


def _called(typed: Typed) -> Mapping[str, Any]:
    return {"helper_codes": typed.getlist("members"), "last_day": _day(typed, "last_day"), **_words(typed)}


def _found(typed: Typed) -> Mapping[str, Any]:
    return {"outcome": typed.get("outcome", ""), **_words(typed)}


def _noticed(typed: Typed) -> Mapping[str, Any]:
    return {"last_day": _day(typed, "last_day"), "recheck_on": _day(typed, "recheck_on"), **_words(typed)}


ACTS: dict[str, Act] = {
    "accept": Act(services.accept_case, lambda typed: {"nature": typed.get("nature", ""), **_suggested(typed)}),
    "recategorise": Act(services.recategorise_case, _category),
    "dispatch": Act(services.dispatch_case, _parties),
    "take": Act(services.take_case, lambda typed: {"nature": typed.get("nature", "")}),
    "join": Act(services.join_case, _joined),
    "link": Act(services.link_case, _parent),
    "unlink": Act(services.unlink_case),
    "extend": Act(services.extend_case, _words),
    "start": Act(services.start_task),
    "return": Act(services.return_task, _cited),
    "object": Act(services.object_to_dispatch, _cited),
    "review": Act(services.review_objection, lambda typed: {"upheld": typed.get("yes") == "1", **_words(typed)}),
    "pause": Act(services.pause_case, lambda typed: {"reason": typed.get("reason", ""), **_words(typed)}),
    "resume": Act(services.resume_case),
    "ask-for-time": Act(services.ask_for_time, _words),
    "decide-on-time": Act(services.decide_on_time, lambda typed: {"granted": typed.get("yes") == "1", **_words(typed)}),
    "finish": Act(services.finish_task, _words),
    "call-back": Act(services.call_back, _score),
    "reopen": Act(services.reopen_case, _words),
    "supervise": Act(services.supervise_case, _demand),
    "answer-supervision": Act(services.answer_supervision, _words),
    "accept-supervision": Act(services.accept_supervision, _words),
    "repeat-supervision": Act(services.repeat_supervision, _demand),
    "lift-supervision": Act(services.lift_supervision, _words),
    "order": Act(
        services.order_parts,
        lambda typed: {"organisation_code": typed.get("part", ""), "after_codes": tuple(typed.getlist("after"))},
    ),
    "tick": Act(services.tick_check, lambda typed: {"item_id": _item(typed), "done": typed.get("done") == "1"}),
    "title": Act(services.release_title, lambda typed: {"title": typed.get("title", "")}),
    "move-platform": Act(services.move_platform, _moved),
    "call-joint": Act(services.call_joint, _called),
    "inspect": Act(services.record_inspection, _found),
    "order-rectification": Act(services.order_rectification, _noticed),
    "check-rectification": Act(
        services.check_rectification, lambda typed: {"put_right": typed.get("yes") == "1", **_words(typed)}
    ),
    "guide": Act(services.guide_at_window, _found),
}


PLACES = {
    "accept": "nature",
    "take": "take-nature",
    "dispatch": "dispatch",
    "join": "join-words",
    "link": "link-code",
    "call-back": "call-back",
    "recategorise": "recategorise",
    "order": "joint",
    "tick": "joint",
    "title": "public-title",
    "move-platform": "to-platform",
    "check-rectification": "check-words",
    **dict.fromkeys(("call-joint", "inspect", "order-rectification", "guide"), "platform-act"),
}
"""Where on the page an act is done, for acts whose form is not called after their words."""
FIELDS = {"supervision-day": "-due", "supervision-level": "-level"}
"""Which field of the act's own form a refusal is about; its words, where nothing is said."""


def place_of(name: str, problem: Problem) -> str:
    """The id of what a refusal is about; empty where the form may be gone."""
    if problem.status != Invalid.status:
        return ""
    return PLACES.get(name) or f"{name}{FIELDS.get(problem.code, '-words')}"


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def act(request: HttpRequest, case_id: uuid.UUID, name: str) -> HttpResponse:
    """Do it, or show the case again as it is now, with the reason and everything that was typed."""
    actor, now = actor_of(request), timezone.now()
    if name not in ACTS:
        raise Http404
    queries.case_for(actor, case_id)
    try:
        _do(ACTS[name], actor, case_id, request.POST, now)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        queries.check_sees(actor, case_id)  # what is absent is what was named, not this matter
        return _refused(request, actor, case_id, name, problem)
    if name == "guide" and (paper := queries.latest_paper(case_id)):
        return redirect("casework:platform_paper", act_id=paper)
    return _onwards(request, actor, case_id)


def _onwards(request: HttpRequest, actor: Actor, case_id: uuid.UUID) -> HttpResponse:
    """Back to the case; to the list where it is no longer this organisation's to see, as after a return."""
    try:
        queries.check_sees(actor, case_id)
    except Absent:
        messages.success(
            request, _("Done. The matter is not with your organisation any more, so it is not shown here.")
        )
        return redirect("casework:desk")
    return redirect("casework:desk_case", case_id=case_id)


_FIELDS = {
    "joint-members": "members",
    "join-twice": "members",
    "platform-day": "last_day",
    "sub-due-past": "last_day",
    "sub-due-late": "last_day",
    "recheck-day": "recheck_on",
    "inspection-outcome": "outcome",
    "guidance-outcome": "outcome",
}
"""Which field of a platform's form a refusal is about; the words, where it is about none of these."""


def _refused(request: HttpRequest, actor: Actor, case_id: uuid.UUID, name: str, problem: Problem) -> HttpResponse:
    """The case as it is now. Where its state moved on, the form may be gone: the words stand on top, to be copied."""
    kept = "" if problem.status == Invalid.status else request.POST.get("words", "").strip()
    return case_page(
        request,
        actor,
        case_id,
        status=problem.status,
        errors={name: problem.message},
        wrong_field=_FIELDS.get(problem.code, "words"),
        typed=request.POST,
        filled=name,
        typed_helpers=request.POST.getlist("helpers"),
        typed_members=request.POST.getlist("members"),
        refused=problem.message,
        refused_at=place_of(name, problem),
        kept=kept,
    )


def _do(chosen: Act, actor: Actor, case_id: uuid.UUID, typed: Typed, now: datetime) -> None:
    """The verb; where its words began with a template, that is counted with it."""
    template_id, _language = chosen_in(typed)
    given = chosen.takes(typed)
    if template_id is None:
        chosen.verb(actor=actor, case_id=case_id, now=now, **given)
        return
    act = partial(chosen.verb, actor=actor, case_id=case_id, now=now, **given)
    services.act_with_reply_template(actor=actor, case_id=case_id, template_id=template_id, act=act, now=now)


@never_cache
@login_required
@require_safe
def clock(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Why the case is due when it is, day by day."""
    card = queries.case_for(actor_of(request), case_id)
    return render(request, "casework/clock.html", {"case": card, **explanation(case_id)})


def explanation(case_id: uuid.UUID) -> Mapping[str, Any]:
    """The sum behind a due date in words; nothing where no clock runs."""
    found = queries.explained(case_id)
    if found is None:
        return {"rule": None}
    english = shown.in_english()
    steps = [
        {
            "since": step.since,
            "until": step.until,
            "days": queries.days(step),
            "why": shown.why_day(str(step.why)),
            "count": step.count,
            "counts": str(step.why) in ("counted", "worked-weekend"),
            "rest": str(step.why) in ("weekend", "holiday"),
            "stood": str(step.why) == "paused",
        }
        for step in (found.due.steps if found.due else ())
    ]
    term = found.term or found.rule.term
    return {
        "rule": found.rule,
        "title": found.rule.title_en if english else found.rule.title_zh,
        "term": queries.term_words(term.amount, str(term.unit)),
        "extra": queries.term_words(found.extra, found.extra_unit or str(term.unit)) if found.extra else "",
        "rules_version": found.rules_version,
        "started_at": found.started_at,
        "due": found.due,
        "steps": steps,
        "pauses": found.pauses,
    }
