"""Pages of the four platforms: all at one look, one with its people, powers, queue and figures, and the papers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.views import live, platform_part, shown
from pianqu.rooms.casework.views.desk import actor_of, lines_of, query_of
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import DutyCard, PowerCard
from pianqu.rooms.territory import queries as territory


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One of the four on the page of all."""

    counts: queries.PlatformCounts
    name: str
    icon: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    card: queries.MemberCard
    name: str
    on_duty: Sequence[DutyCard]


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A line of the lists; `is_member` says whether its organisation takes part, `through` by which stations of its own."""

    card: PowerCard
    category: str
    name: str
    word: str
    is_member: bool
    through: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the address asks for."""

    street: str
    queue: str
    page: int


@never_cache
@login_required
@require_safe
def platforms(request: HttpRequest) -> HttpResponse:
    """The four at one look."""
    actor = actor_of(request)
    cards = [
        Platform(
            counts=counts,
            name=queries.platform_name(counts.code),
            icon=platform_part.ICONS[counts.code],
            says=_main_act(counts.code),
        )
        for counts in queries.platforms_for(actor, now=timezone.now())
    ]
    return render(request, "casework/platforms.html", {"cards": cards, "now": timezone.now()})


def _main_act(platform: str) -> str:
    says = {
        "order": _("Disputes, safety, order: members are called to handle a matter together."),
        "market": _("Shops, food, prices: an inspection on the spot is written down."),
        "enforcement": _("Streets, noise, buildings: a notice is served, and somebody looks again."),
        "services": _("Daily needs: the window answers, or guides to the service that helps."),
    }
    return says[platform]


@never_cache
@login_required
@require_safe
def platform(request: HttpRequest, code: str) -> HttpResponse:
    """One of the four."""
    return _page(request, actor_of(request), code)


def _page(
    request: HttpRequest, actor: Actor, code: str, *, street: str = "", refused: str = "", status: int = 200
) -> HttpResponse:
    now, names, organisations, mark = timezone.now(), shown.Places(), shown.Organisations(), queries.mark_now()
    asked = _asked(request, actor, code, street)
    queue = queries.platform_queue(actor, code, street_code=asked.street, queue=asked.queue, page=asked.page, now=now)
    figures = queries.platform_figures(actor, code, street_code=asked.street, now=now)
    members = queries.live_members(code, asked.street) if asked.street else ()
    may_arrange = bool(asked.street) and rules.may_arrange_platform(actor, asked.street)
    here = names.name(asked.street)
    context = {
        "code": code,
        "name": queries.platform_name(code),
        "icon_name": platform_part.ICONS[code],
        "tabs": [(one, queries.platform_name(one), _address(one, asked.street)) for one in queries.PLATFORMS],
        "asked": asked,
        "street": here,
        "streets": shown.options(_streets(), asked.street),
        "queues": _queues(code, figures, asked),
        "lines": lines_of(queue.rows, now),
        "newest": _address(code, asked.street, queue=asked.queue) if asked.page > 1 else "",
        "older": _address(code, asked.street, queue=asked.queue, page=asked.page + 1) if queue.has_next else "",
        "figures": figures,
        "weeks": figures.weeks[::-1],
        "in_time": f"{figures.in_time_share.value:.0%}" if figures.in_time_share else "—",
        "sample": queries.SAMPLE,
        "members": _members(members, organisations, now),
        "powers": _powers(code, asked.street, members, organisations) if asked.street else (),
        "may_arrange": may_arrange,
        "addable": _addable(asked.street, organisations) if may_arrange else (),
        "posts": _posts(asked.street, organisations) if may_arrange else (),
        "list_href": f"{reverse('casework:desk')}?{urlencode({'platform': code, 'queue': 'open'})}",
        "refused": refused,
        "typed": request.POST,
        "now": now,
        **live.on_list(mark, query_of(queries.CaseFilter(platform=code, place_code=asked.street))),
    }
    return render(request, "casework/platform.html", context, status=status)


def _asked(request: HttpRequest, actor: Actor, code: str, street: str) -> Chosen:
    """A member of one street comes to its own street first; `street=all` asks for every one."""
    wanted = street or request.GET.get("street", "")
    known = {choice.code for choice in _streets()}
    if not wanted:
        own = queries.streets_of_member(actor, code) if code in queries.PLATFORMS else ()
        wanted = own[0] if own else actor.organisation_code
    queue = request.GET.get("queue", "")
    return Chosen(
        street=wanted if wanted in known else "",
        queue=queue if queue in queries.PLATFORM_QUEUES else "open",
        page=shown.page_number(request.GET.get("page", "")),
    )


def _streets() -> list[shown.Choice]:
    choices = territory.community_choices()
    return [shown.Choice(code=one.street.code, name=shown.place_name(one.street).text) for one in choices]


def _address(code: str, street: str, **more: str | int) -> str:
    given = {"street": street or "all", **{name: value for name, value in more.items() if value not in ("open", 1)}}
    return f"{reverse('casework:platform', args=[code])}?{urlencode(given)}"


def _queues(code: str, figures: queries.PlatformFigures, asked: Chosen) -> list[tuple[str, str, int, bool]]:
    """Address, name, count, and whether it is shown."""
    names = {
        "open": (_("Open"), figures.open),
        "overdue": (_("Overdue"), figures.overdue),
        "waiting": (pgettext("platform", "Nobody has it yet"), figures.waiting),
        "notices": (_("To be looked at again"), figures.notices),
    }
    wanted = [one for one in queries.PLATFORM_QUEUES if one != "notices" or code == "enforcement" or figures.notices]
    return [
        (_address(code, asked.street, queue=one), names[one][0], names[one][1], asked.queue == one) for one in wanted
    ]


def _members(cards: tuple[queries.MemberCard, ...], organisations: shown.Organisations, now: Any) -> list[Member]:
    duty = queries.platform_duty(cards, timezone.localdate(now))
    return [
        Member(
            card=card,
            name=organisations.short(card.organisation_code),
            on_duty=[
                one
                for one in duty
                if one.organisation_code == card.organisation_code and card.post_id in ("", str(one.post_id))
            ],
        )
        for card in cards
    ]


def _powers(
    code: str, street: str, members: tuple[queries.MemberCard, ...], organisations: shown.Organisations
) -> list[Power]:
    taking_part = {member.organisation_code for member in members}
    stations: dict[str, list[str]] = {}
    for member in sorted(taking_part):
        if organisations.kind(member) == "station":
            stations.setdefault(organisations.parent(member), []).append(member)
    categories = shown.category_names()
    return [
        Power(
            card=card,
            category=categories[card.category].name if card.category in categories else card.category,
            name=organisations.short(card.organisation_code),
            word=_word(card),
            is_member=card.organisation_code in taking_part,
            through=[organisations.short(own) for own in stations.get(card.organisation_code, ())],
        )
        for card in queries.platform_powers(code, street, timezone.localdate())
    ]


def _word(card: PowerCard) -> str:
    """What the list gives: to handle, to help, or something else."""
    verbs = {
        "handle": pgettext("power", "handles"),
        "assist": pgettext("power", "helps"),
        "approve": pgettext("power", "approves"),
        "decide": pgettext("power", "decides"),
    }
    kinds = {
        "basic": pgettext("power", "basic duty"),
        "assisting": pgettext("power", "assisting"),
        "taken_back": pgettext("power", "taken back"),
    }
    return f"{verbs.get(card.verb, card.verb)} · {kinds.get(card.list_kind, card.list_kind)}"


def _addable(street: str, organisations: shown.Organisations) -> list[shown.Choice]:
    """Departments and centres, the street, its communities, and stations that serve it."""
    stem = directory.stem(street)
    found = [
        card
        for card in directory.every_organisation()
        if not card.ended
        and (
            card.kind == "department"
            or card.code.startswith(stem)
            or (card.kind in ("station", "centre") and (card.serves_code == street or card.parent_code == street))
        )
    ]
    return [shown.Choice(code=card.code, name=organisations.short(card.code)) for card in found]


def _posts(street: str, organisations: shown.Organisations) -> list[shown.Choice]:
    """Single posts of the street itself, to be added alone."""
    held = directory.held_posts([street])
    return [
        shown.Choice(code=f"{street}:{post.post_id}", name=f"{organisations.short(street)} · {post.title}")
        for post in held
    ]


@never_cache
@login_required
@posted("casework:platform", by="code")
def add_member(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody takes part from now on."""
    actor, street = actor_of(request), request.POST.get("street", "")
    organisation, _colon, post_id = request.POST.get("member", "").partition(":")
    try:
        services.add_platform_member(
            actor=actor,
            platform=code,
            street_code=street,
            organisation_code=organisation,
            post_id=post_id,
            now=timezone.now(),
        )
    except Problem as problem:
        return _again(request, actor, code, street, problem)
    return redirect(_address(code, street) + "#members")


@never_cache
@login_required
@posted("casework:platform", by="code")
def remove_member(request: HttpRequest, code: str, member_id: uuid.UUID) -> HttpResponse:
    """Somebody takes part no longer."""
    actor, street = actor_of(request), request.POST.get("street", "")
    try:
        services.remove_platform_member(actor=actor, member_id=member_id, now=timezone.now())
    except Problem as problem:
        return _again(request, actor, code, street, problem)
    return redirect(_address(code, street) + "#members")


def _again(request: HttpRequest, actor: Actor, code: str, street: str, problem: Problem) -> HttpResponse:
    """The page as it is now, with the reason on top; what was chosen stays chosen."""
    if code not in queries.PLATFORMS:
        raise problem
    return _page(request, actor, code, street=street, refused=problem.message, status=problem.status)


@never_cache
@login_required
@require_safe
def paper(request: HttpRequest, act_id: uuid.UUID) -> HttpResponse:
    """What is handed over, on paper."""
    actor, organisations = actor_of(request), shown.Organisations()
    act = queries.platform_act(actor, act_id)
    case, names = queries.case_for(actor, act.case_id), shown.Places()
    context = {
        "act": act,
        "case": case,
        "title": platform_part.title_of(act.kind),
        "says": platform_part.says(act),
        "category": shown.category_names().get(case.category),
        "community": names.name(case.place_code),
        "by": organisations.full(act.organisation_code),
        "called": [organisations.short(code) for code in act.party_codes],
        "articles": _articles(act, case),
    }
    return render(request, "casework/paper.html", context)


def _articles(act: queries.ActCard, case: queries.CaseCard) -> list[str]:
    """The items of the lists by which who acted may act there, as they were on that day."""
    on = timezone.localdate(act.acted_at)
    found = directory.items_at(category=case.category, place_code=case.place_code, on=on)
    return [f"{item.article} ({item.source})" for item in found if item.organisation_code == act.organisation_code]
