"""Pages of the desk: what other districts offer, what went to them, and with whom matters are exchanged."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pianqu.foundation.actor import ACTING, CHOSEN_POST, Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem
from pianqu.kernels import letter as kernel
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.partners import queries, rules, services
from pianqu.rooms.partners.services import NewServer

SIDES = ("in", "out")


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = directory.acting(uuid.UUID(str(request.user.pk)), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        sentence = _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        raise Forbidden("no-post", sentence)
    setattr(request, ACTING, actor)
    return actor


# transfers -----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def transfers(request: HttpRequest) -> HttpResponse:
    """Matters between us and others, those that wait for a decision first."""
    actor, side = actor_of(request), request.GET.get("side", "")
    side = side if side in SIDES else ""
    rows = queries.transfers_for(actor, direction=side)
    waiting = [row for row in rows if row.direction == "in" and row.state == "offered"]
    context = {
        "waiting": _lines(waiting),
        "rows": _lines([row for row in rows if row not in waiting]),
        "side": side,
        "may_connect": rules.may_connect(actor),
        "doubtful": _letters(queries.doubtful_for(actor)),
        "title": directory.title_of_post(actor),
    }
    return render(request, "partners/transfers.html", context)


@never_cache
@login_required
@require_safe
def transfer(request: HttpRequest, transfer_id: uuid.UUID) -> HttpResponse:
    """One matter between us and another system, letter by letter."""
    return _transfer_page(request, actor_of(request), transfer_id)


def _transfer_page(
    request: HttpRequest, actor: Actor, transfer_id: uuid.UUID, *, error: Problem | None = None
) -> HttpResponse:
    card = queries.transfer_for(actor, transfer_id)
    context = {
        "line": _lines([card])[0],
        "their_state": case_states().get(card.their_state, ""),
        "letters": _letters(card.letters),
        "shipped": [(one.code, _name(one)) for one in casework.shipped_categories()],
        "error": error.message if error else "",
        "typed": request.POST if error else {},
        "photos": range(len(card.offer.photos)) if card.offer else (),
    }
    return render(request, "partners/transfer.html", context, status=error.status if error else 200)


@never_cache
@login_required
@require_safe
def photo(request: HttpRequest, transfer_id: uuid.UUID, number: int) -> HttpResponse:
    """A photo of an offer that waits for a decision."""
    found = queries.offer_photo(actor_of(request), transfer_id, number)
    return HttpResponse(found.content, content_type=found.media_type)


@never_cache
@login_required
@require_safe
def receipt(request: HttpRequest, letter_id: uuid.UUID, side: str) -> HttpResponse:
    """The receipt of a letter, of our ledger or of theirs, as a file that anybody can check."""
    text = queries.letter_proof(actor_of(request), letter_id, theirs=side == "theirs")
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="letter-{letter_id}-{side}.txt"'
    return answer


def _act(request: HttpRequest, transfer_id: uuid.UUID, verb: Callable[..., object], **given: Any) -> HttpResponse:
    actor = actor_of(request)
    queries.transfer_for(actor, transfer_id)
    try:
        verb(actor=actor, transfer_id=transfer_id, now=timezone.now(), **given)
    except (Forbidden, Absent):
        raise
    except Problem as problem:
        return _transfer_page(request, actor, transfer_id, error=problem)
    return redirect("partners:one", transfer_id=transfer_id)


@never_cache
@login_required
@require_POST
def take(request: HttpRequest, transfer_id: uuid.UUID) -> HttpResponse:
    """Take a matter in that another district offers."""
    return _act(request, transfer_id, services.take_offer, category=request.POST.get("category", "")[:40])


@never_cache
@login_required
@require_POST
def decline(request: HttpRequest, transfer_id: uuid.UUID) -> HttpResponse:
    """Say why it is not this district's."""
    return _act(request, transfer_id, services.decline_offer, words=request.POST.get("words", ""))


@never_cache
@login_required
@require_POST
def withdraw(request: HttpRequest, transfer_id: uuid.UUID) -> HttpResponse:
    """Take a matter back that another system has."""
    return _act(request, transfer_id, services.withdraw_offer, words=request.POST.get("words", ""))


@never_cache
@login_required
@require_POST
def settle(request: HttpRequest, letter_id: uuid.UUID) -> HttpResponse:
    """Say whether a server has what nobody knows it to have."""
    try:
        services.settle_posting(
            actor=actor_of(request),
            letter_id=letter_id,
            outcome=request.POST.get("outcome", ""),
            reference=request.POST.get("reference", "")[:120],
            now=timezone.now(),
        )
    except Forbidden:
        raise
    except Problem as problem:
        messages.error(request, problem.message)
    return redirect("partners:all")


# one of our matters --------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Where a matter is besides here, and to whom it can be given."""
    actor, error = actor_of(request), None
    casework.check_sees(actor, case_id)
    if request.method == "POST":
        try:
            made = services.offer_case(
                actor=actor,
                case_id=case_id,
                partner_id=_id(request.POST.get("partner", "")),
                words=request.POST.get("words", ""),
                with_photos=request.POST.get("photos") == "1",
                now=timezone.now(),
            )
            return redirect("partners:one", transfer_id=made)
        except Forbidden:
            raise
        except Problem as problem:
            error = problem
    card = casework.case_for(actor, case_id)
    context = {
        "case": card,
        "category": _categories().get(card.category, card.category),
        "partners": queries.offering_for(actor, case_id),
        "rows": _lines(queries.transfers_of(actor, case_id)),
        "error": error.message if error else "",
        "typed": request.POST,
        "any_partner": bool(queries.partners_for(actor)),
    }
    return render(request, "partners/case.html", context, status=error.status if error else 200)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid("partner-missing", _("Please choose to whom the matter is given.")) from error


# systems -------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def systems(request: HttpRequest) -> HttpResponse:
    """Connected systems; a district is looked up first, and connected when its key was compared by telephone."""
    actor = actor_of(request)
    rules.check_may_connect(actor)
    found, error, form = None, None, request.POST.get("form", "")
    if request.method == "POST":
        try:
            if form == "server":
                services.add_server(actor=actor, server=_server(request.POST), now=timezone.now())
                return redirect("partners:systems")
            found = _looked_up(request.POST.get("url", ""))
            if form == "district":
                fingerprint = request.POST.get("fingerprint", "")
                services.add_district(
                    actor=actor, url=request.POST["url"], card=found, fingerprint=fingerprint, now=timezone.now()
                )
                return redirect("partners:systems")
        except Forbidden:
            raise
        except Problem as problem:
            error = problem
    context = {
        "partners": [(one, why(one.trouble) if one.trouble else "") for one in queries.partners_for(actor)],
        "ours": queries.our_card(),
        "found": found,
        "error": error.message if error else "",
        "form": form,
        "typed": request.POST if error or found else {},
        "categories": [
            (one.code, _name(one), request.POST.get(f"service-{one.code}", "")) for one in casework.shipped_categories()
        ],
        "title": directory.title_of_post(actor),
    }
    return render(request, "partners/systems.html", context, status=error.status if error else 200)


def _looked_up(url: str) -> kernel.Card:
    queries.checked_url(url)
    return queries.read_card(url)


def _server(typed: Mapping[str, str]) -> NewServer:
    codes = [one.code for one in casework.shipped_categories()]
    return NewServer(
        name=typed.get("name", ""),
        url=typed.get("url", ""),
        api_key=typed.get("api_key", ""),
        jurisdiction=typed.get("jurisdiction", ""),
        services={code: text for code in codes if (text := typed.get(f"service-{code}", "").strip())},
        takes_updates=typed.get("takes_updates") == "1",
    )


@never_cache
@login_required
@require_POST
def drop(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Exchange nothing with it any more."""
    try:
        services.drop_partner(actor=actor_of(request), partner_id=partner_id, now=timezone.now())
    except Forbidden:
        raise
    except Problem as problem:
        messages.error(request, problem.message)
    return redirect("partners:systems")


# rows of pages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Badge:
    """An icon, its colour and its word."""

    icon: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer as a list shows it."""

    transfer: queries.TransferCard
    badge: Badge
    category: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as a list shows it."""

    letter: queries.LetterCard
    says: str
    delivery: Badge | None
    why: str


def _lines(cards: Sequence[queries.TransferCard]) -> list[Line]:
    names, known = _categories(), states()
    return [Line(card, Badge(*known[card.state]), names.get(card.category, card.category)) for card in cards]


def _letters(cards: Sequence[queries.LetterCard]) -> list[Posted]:
    kinds, known = letter_kinds(), deliveries()
    return [
        Posted(
            letter=card,
            says=kinds.get(card.kind, card.kind),
            delivery=Badge(*known[card.state]) if card.state in known else None,
            why=why(card.outcome) if card.outcome else "",
        )
        for card in cards
    ]


# words ---------------------------------------------------------------------------------------------------------------


def states() -> dict[str, tuple[str, str, str]]:
    """A transfer's state → icon, tone, words."""
    return {
        "offered": ("hourglass", "yellow", pgettext("transfer", "Waits for a decision")),
        "taken": ("player-play", "teal", pgettext("transfer", "Taken, worked on")),
        "declined": ("arrow-back-up", "orange", pgettext("transfer", "Declined")),
        "withdrawn": ("arrow-back-up", "secondary", pgettext("transfer", "Taken back")),
        "answered": ("circle-check", "green", pgettext("transfer", "Answered")),
        "closed": ("archive", "secondary", pgettext("transfer", "Closed")),
    }


def case_states() -> dict[str, str]:
    """How a matter stands at the other system."""
    return {
        "opened": _("Received"),
        "accepted": _("Accepted"),
        "dispatched": _("Dispatched"),
        "in_progress": _("In progress"),
        "returned": _("Returned"),
        "paused": _("Paused"),
        "reopened": _("Reopened"),
        "resolved": _("Answered"),
    }


def letter_kinds() -> dict[str, str]:
    """What a letter says."""
    return {
        "offered": pgettext("letter", "Offers the matter"),
        "taken": pgettext("letter", "Has taken it"),
        "declined": pgettext("letter", "Does not take it"),
        "withdrawn": pgettext("letter", "Takes it back"),
        "added": pgettext("letter", "Adds what its reporter said"),
        "progress": pgettext("letter", "Tells how it stands"),
        "answered": pgettext("letter", "Answers"),
        "closed": pgettext("letter", "Has closed it"),
        "reopened": pgettext("letter", "Asks to look at it again"),
        "rated": pgettext("letter", "Tells how the answer was rated"),
        "refused": pgettext("letter", "Could not do what was asked"),
        "erased": pgettext("letter", "Has erased what is personal"),
    }


def deliveries() -> dict[str, tuple[str, str, str]]:
    """How the delivery of a letter stands → icon, tone, words."""
    return {
        "waiting": ("hourglass", "purple", pgettext("delivery", "On its way")),
        "sending": ("send", "blue", pgettext("delivery", "Being sent")),
        "sent": ("check", "azure", pgettext("delivery", "Arrived")),
        "proven": ("shield-check", "green", pgettext("delivery", "In both ledgers")),
        "doubtful": ("alert-triangle", "orange", pgettext("delivery", "In doubt")),
        "given-up": ("x", "secondary", pgettext("delivery", "Given up")),
    }


def why(outcome: str) -> str:
    """What keeps a letter, in words; what the other side said itself stands behind them as it is."""
    code, _blank, rest = outcome.partition(" ")
    sentences = {
        "not-published": _("Our ledger has not published it yet."),
        "emptied": _("Its words were destroyed before it left."),
        "no-address": _("Its address is not known, or lies inside a network that may not be reached."),
        "no-answer": _("Nobody answers there."),
        "expects": _("It asks for earlier letters first."),
        "not-there": _("It does not have the letter any more."),
        "false-receipt": _("The receipt that it gave does not hold."),
        "answer": _("It answers: %(words)s") % {"words": rest},
        "settled:": _("Looked into by a colleague."),
        "interrupted": _("Something broke off while it was sent."),
        "no-number": _("It took the matter, but gave no number."),
        "not-told": _("This server is not told of such things."),
        "unsent": _("It cannot be sent as it is: %(words)s") % {"words": rest},
    }
    return sentences.get(code, outcome)


def _categories() -> dict[str, str]:
    return {one.code: _name(one) for one in casework.categories()}


def _name(card: casework.CategoryCard) -> str:
    return card.name_en if _in_english() else card.name_zh


def _in_english() -> bool:
    return (get_language() or "").startswith("en")
