"""Sites of services: asked for, watched while they are computed, read, moved by hand."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import ACTING, CHOSEN_POST, Actor
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.foundation.ids import read_id
from pianqu.foundation.templatetags.ui import listed
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import HOUSEHOLDS, Reach, StudyCard, StudyLine
from pianqu.rooms.planning.services import StudyAsk
from pianqu.rooms.planning.views import site_cards as cards
from pianqu.rooms.planning.views import site_words as words
from pianqu.rooms.planning.views.site_cards import Figure

DEFAULTS = {
    "question": queries.COVERAGE,
    "demand": HOUSEHOLDS,
    "sites": "",
    "minutes": "15",
    "present": queries.KEEP,
    "point_kind": "",
    "capacity": "",
    "title": "",
    "seed": str(services.SEED),
}
TELLING = 10
"""Percent that are done before it is said how long the rest takes."""
MORE = 5
"""A new study proposes so many sites more than there are."""


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = directory.acting(uuid.UUID(str(request.user.pk)), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        sentence = _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        raise Forbidden("no-post", sentence)
    setattr(request, ACTING, actor)
    return actor


# the list, and a new one ---------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def studies(request: HttpRequest) -> HttpResponse:
    """Studies there are, and the form of a new one."""
    actor, now = actor_of(request), timezone.now()
    if request.method != "POST":
        return _list(request, actor, _proposed(request))
    typed = {name: request.POST.get(name, "").strip() for name in DEFAULTS}
    kinds = tuple(request.POST.getlist("kinds"))
    asked = _read(typed, kinds)
    faults: dict[str, str] = {}
    for field, sentence in services.study_faults(asked, now=now):
        faults.setdefault(field, sentence)
    if faults and queries.may_plan(actor):
        return _list(request, actor, {**typed, "kinds": kinds}, errors=faults, status=422)
    try:
        study_id = services.ask_study(actor=actor, asked=asked, now=now)
    except Forbidden:
        raise
    except Problem as problem:
        return _list(
            request, actor, {**typed, "kinds": kinds}, errors={"title": problem.message}, status=problem.status
        )
    return redirect("planning:site_study", study_id)


def _proposed(request: HttpRequest) -> Mapping[str, Any]:
    """An empty form, or with `like` the numbers of another study."""
    like = read_id(request.GET.get("like", ""))
    try:
        card = queries.study(like) if like else None
    except Absent:
        card = None
    if card is None:
        present = len(queries.candidates(kinds=(), present=queries.KEEP, point_kind="", on=timezone.localdate()))
        kinds = queries.CANDIDATE_KINDS[:3]
        return {**DEFAULTS, "sites": str(min(present + MORE, services.MOST_SITES)), "kinds": kinds}
    told = {name: str(getattr(card, name)) for name in DEFAULTS if name != "capacity"}
    return {**told, "capacity": "" if card.capacity is None else str(card.capacity), "kinds": card.kinds}


def _read(typed: Mapping[str, str], kinds: tuple[str, ...]) -> StudyAsk:
    """What was typed, with −1 for what is no whole number, so that the verb says what is wrong with it."""
    return StudyAsk(
        title=typed["title"],
        question=typed["question"],
        demand=typed["demand"],
        sites=_whole(typed["sites"]),
        minutes=_whole(typed["minutes"]),
        present=typed["present"],
        point_kind=typed["point_kind"],
        kinds=kinds,
        capacity=_whole(typed["capacity"]) if typed["capacity"] else None,
        seed=_whole(typed["seed"]),
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _list(
    request: HttpRequest,
    actor: Actor,
    typed: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "lines": [_line(line) for line in queries.studies()],
        "may_plan": queries.may_plan(actor) and actor.acts,
        "typed": typed,
        "errors": errors or {},
        "summary": [(field, sentence) for field, sentence in (errors or {}).items()],
        "questions": [(code, *told) for code, told in words.questions().items()],
        "demands": words.demands().items(),
        "presents": words.presents().items(),
        "point_kinds": words.point_kinds().items(),
        "kinds": [(code, words.kind_words()[code]) for code in queries.CANDIDATE_KINDS],
    }
    return render(request, "planning/sites.html", context, status=status)


def _line(line: StudyLine) -> dict[str, Any]:
    card = line.card
    return {
        "card": card,
        "question": words.questions()[card.question][0],
        "unit": words.unit(card.demand),
        "state": _state(card, line.run_state),
    }


def _state(card: StudyCard, run_state: str) -> tuple[str, str, str]:
    """Tone, icon and word."""
    if card.published_at:
        return "green", "eye", pgettext("study", "Public")
    if card.is_stopped:
        return "yellow", "ban", pgettext("study", "Best until it was stopped")
    if card.is_found:
        return "green", "circle-check", pgettext("study", "Answered")
    return {
        "failed": ("red", "alert-circle", pgettext("study", "No plan")),
        "stopped": ("secondary", "ban", pgettext("study", "Stopped")),
        "stopping": ("secondary", "ban", pgettext("study", "Stopped")),
    }.get(run_state, ("yellow", "hourglass", pgettext("study", "Being computed")))


# one study -----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def study(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """One study; with `site` in the address what other sites would mean."""
    actor, card = actor_of(request), found(queries.study, study_id)
    if request.method == "POST":
        return _act(request, actor, card)
    if "from" in request.GET or "move" in request.GET:
        return redirect(request.path + cards.query_of(_moved(card, request.GET)) + "#trial")
    return _page(request, actor, card)


def found(question: Callable[[uuid.UUID], StudyCard], study_id: uuid.UUID) -> StudyCard:
    """The study, or the page that says that there is none."""
    try:
        return question(study_id)
    except Absent as absent:
        raise Http404 from absent


def _act(request: HttpRequest, actor: Actor, card: StudyCard) -> HttpResponse:
    act = _ACTS.get(request.POST.get("act", ""))
    try:
        if act is None:
            raise Absent("act-absent", _("There is no such act."))
        told = act(request.POST, actor, card)
    except Forbidden:
        raise
    except Problem as problem:
        return _page(request, actor, card, error=problem.message, status=problem.status)
    messages.success(request, told)
    if request.POST.get("act") == "forget":
        return redirect("planning:sites")
    return redirect("planning:site_study", card.study_id)


def _again(_typed: QueryDict, actor: Actor, card: StudyCard) -> str:
    services.ask_study_again(actor=actor, study_id=card.study_id, now=timezone.now())
    return _("It is being computed again.")


def _stop(_typed: QueryDict, actor: Actor, card: StudyCard) -> str:
    services.stop_study(actor=actor, study_id=card.study_id, now=timezone.now())
    return _("It stops. What was asked is kept, and the best sites that were found until then, if there were any.")


def _choose(typed: QueryDict, actor: Actor, card: StudyCard) -> str:
    services.choose_sites(actor=actor, study_id=card.study_id, sites=_sites_in(card, typed), now=timezone.now())
    return _("The sites are kept as you moved them.")


def _publish(_typed: QueryDict, actor: Actor, card: StudyCard) -> str:
    services.publish_study(actor=actor, study_id=card.study_id, public=True, now=timezone.now())
    return _("Everybody can see the study now.")


def _take_back(_typed: QueryDict, actor: Actor, card: StudyCard) -> str:
    services.publish_study(actor=actor, study_id=card.study_id, public=False, now=timezone.now())
    return _("The study is no longer public.")


def _forget(_typed: QueryDict, actor: Actor, card: StudyCard) -> str:
    services.forget_study(actor=actor, study_id=card.study_id, now=timezone.now())
    return _("The study is forgotten.")


_ACTS: Mapping[str, Callable[[QueryDict, Actor, StudyCard], str]] = {
    "again": _again,
    "stop": _stop,
    "choose": _choose,
    "publish": _publish,
    "take-back": _take_back,
    "forget": _forget,
}


def _sites_in(card: StudyCard, typed: QueryDict) -> tuple[int, ...]:
    """The sites that an address or a form names, without those that are none; the study's own where it names none."""
    if card.ground_id is None:
        return ()
    there = len(queries.ground(card.ground_id).candidates)
    named = {
        int(text)
        for text in typed.getlist("site")[: services.MOST_SITES]
        if text.isascii() and text.isdigit() and len(text) < 7
    }
    return tuple(sorted(number for number in named if number < there)) or card.chosen


def _moved(card: StudyCard, typed: QueryDict) -> tuple[int, ...]:
    """The trial's sites after one was moved (`from`, `to`), closed (no `to`) or added (no `from`)."""
    sites = set(_sites_in(card, typed))
    left, right = _whole(typed.get("from", "")), _whole(typed.get("to", ""))
    if right >= 0 and (left in sites or len(sites) < services.MOST_SITES):
        sites.add(right)
    if left in sites and len(sites) > 1:
        sites.discard(left)
    there = len(queries.ground(card.ground_id).candidates) if card.ground_id else 0
    return tuple(sorted(number for number in sites if number < there))


def _page(request: HttpRequest, actor: Actor, card: StudyCard, *, error: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    run = queries.latest_run(card.study_id, kinds=(services.SITING,), now=now)
    is_open = run is not None and not run.is_over
    context = {
        "card": card,
        "question": words.questions()[card.question],
        "facts": _facts(card),
        "run": run,
        "is_open": is_open,
        "seconds_left": round(run.left.total_seconds()) if run and run.left and run.percent >= TELLING else None,
        "reasons": words.why_not(run) if run and run.state == "failed" and not card.is_found else (),
        "may_plan": queries.may_plan(actor) and actor.acts,
        "may_change": queries.may_change(actor, card.organisation_code) and actor.acts,
        "whose": directory.name_of(card.organisation_code),
        "error": error,
        "is_stopped": bool(run and run.state == "stopped" and not card.is_found),
        "may_go_on": card.is_stopped and not is_open and card.published_at is None,
    }
    if card.is_found and not is_open:
        context |= shown(card, _sites_in(card, request.GET), is_desk=True)
        context["to"] = _whole(request.GET.get("to", ""))
    return render(request, "planning/site_study.html", context, status=status)


def shown(card: StudyCard, sites: Sequence[int], *, is_desk: bool) -> dict[str, Any]:
    """Everything that the page tells of these sites."""
    assert card.ground_id is not None
    laid = queries.ground(card.ground_id)
    reach, kept = queries.reach(card, sites), queries.reach(card, card.chosen)
    is_trial = tuple(sites) != card.chosen
    address = reverse("planning:site_map" if is_desk else "planning:public_site_map", args=[card.study_id])
    curve = cards.curve_rows(card, reach.total)
    return {
        "laid": laid,
        "is_mapped": any(
            one.kind in queries.CANDIDATE_KINDS[:3] and one.state == "candidate" for one in laid.candidates
        ),
        "sites": sites,
        "is_trial": is_trial,
        "figures": _figures(card, reach, kept if is_trial else None),
        "rows": cards.site_rows(card, laid, reach),
        "choices": cards.choices(laid, sites) if is_desk else (),
        "communities": cards.community_rows(reach),
        "is_withheld": any(one.total is None or one.beyond is None for one in reach.communities),
        "served": [one for one in reach.communities if one.beyond == 0],
        "curve": curve,
        "chart": _chart(card, curve, reach.total),
        "more": _more(card, sites, reach.total, is_desk=is_desk),
        "layers": address + (cards.query_of(sites) if is_trial else ""),
        "how_good": words.how_good(card),
        "unit": words.unit(card.demand),
        "nobody": not reach.within[card.minutes],
        "reach": reach,
    }


def _facts(card: StudyCard) -> list[tuple[str, str]]:
    """What was asked."""
    kinds = words.kind_words()
    present = words.presents()[card.present]
    if card.point_kind and card.present != queries.NONE:
        present = f"{present} ({kinds[card.point_kind]})"
    facts = [
        (_("Aim"), "{} · {}".format(*words.questions()[card.question])),
        (_("Demand"), words.demands()[card.demand]),
        (_("Sites in all"), str(card.sites)),
        (_("Walk"), words.minutes(card.minutes)),
        (_("Present service points"), present),
        (_("Candidates"), listed(kinds[kind] for kind in card.kinds) or _("present points only")),
    ]
    if card.capacity is not None:
        facts.append((_("Room of each site"), words.amount(card.capacity, card.demand)))
    return facts


def _figures(card: StudyCard, reach: Reach, kept: Reach | None) -> list[Figure]:
    total, walk = words.amount(reach.total, card.demand), words.minutes(card.minutes)
    was = kept or reach
    before, now = was.within[card.minutes], reach.within[card.minutes]
    figures = [
        _people(_("within %(walk)s") % {"walk": walk}, now, before, reach.total, card.demand),
        _people(_("beyond %(walk)s") % {"walk": walk}, reach.beyond, was.beyond, reach.total, card.demand),
        Figure(
            text=words.minutes(reach.mean_minutes),
            name=_("mean walk"),
            note=_("over %(all)s") % {"all": total},
            before=words.minutes(was.mean_minutes),
        ),
        Figure(
            text=words.minutes(reach.worst_minutes),
            name=_("longest walk"),
            note=_("straight line times 1.3"),
            before=words.minutes(was.worst_minutes),
        ),
    ]
    if reach.unserved:
        figures.append(_people(_("find no room"), reach.unserved, was.unserved, reach.total, card.demand))
    return figures if kept else [Figure(text=one.text, name=one.name, note=one.note) for one in figures]


def _people(name: str, many: int, before: int, total: int, demand: str) -> Figure:
    """So many of all, as far as it may be told."""
    part, whole = words.share(many, total), words.amount(total, demand)
    note = _("%(share)s of %(all)s") % {"share": part, "all": whole} if part else _("of %(all)s") % {"all": whole}
    return Figure(text=words.counted(many, total), name=name, note=note, before=words.counted(before, total))


def _chart(card: StudyCard, curve: Sequence[cards.CurveRow], total: int) -> dict[str, Any]:
    return {
        "labels": [str(row.sites) for row in curve],
        "series": [
            {
                "name": _("within %(walk)s") % {"walk": words.minutes(card.minutes)},
                "type": "line",
                "data": [words.least(step.within, total) for step in card.curve],
            }
        ],
        "unit": words.unit(card.demand),
        "min": 0,
    }


def _more(card: StudyCard, sites: Sequence[int], total: int, *, is_desk: bool) -> dict[str, Any] | None:
    """The best site to add to these."""
    added = queries.one_more(card, sites)
    if added is None or added.number is None or card.ground_id is None:
        return None
    one = queries.ground(card.ground_id).candidates[added.number]
    return {
        "name": words.candidate_name(one),
        "brings": words.brought(added.before, added.after, total, card.demand),
        "href": cards.query_of(sorted([*sites, added.number])) + "#trial" if is_desk else "",
    }


@never_cache
@login_required
@require_safe
def study_map(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """What lies on the map of a study, with the sites of a trial."""
    actor_of(request)
    card = found(queries.study, study_id)
    return JsonResponse(cards.layers(card, _sites_in(card, request.GET), is_desk=True))


# for everybody -------------------------------------------------------------------------------------------------------


@require_safe
def public_study(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """A study that was published."""
    card = found(queries.published_study, study_id)
    context = {"card": card, "question": words.questions()[card.question], "facts": _facts(card)}
    context |= shown(card, card.chosen, is_desk=False)
    return render(request, "planning/site_public.html", context)


@require_safe
def public_study_map(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """Its map."""
    card = found(queries.published_study, study_id)
    response = JsonResponse(cards.layers(card, card.chosen, is_desk=False))
    response["Cache-Control"] = "private, max-age=300"
    return response
