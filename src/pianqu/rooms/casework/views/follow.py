"""The reporter's pages: find the matter again, its receipt and timeline, add to it, withdraw it."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation import residentpass
from pianqu.foundation.errors import Problem, as_problem
from pianqu.foundation.photos import MAX_PHOTOS
from pianqu.kernels import checkcode
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.views import passes, shown
from pianqu.rooms.casework.views.acts import explanation
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.casework.views.report import picture, resident, taken_photos
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger

SOON_S, PATIENCE_S = 10, 120
"""After these seconds the receipt's page asks more rarely, then not at all, whether other organisations have signed."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for code and proof; a right answer opens the matter."""
    if request.method == "POST":
        typed = forms.Follow.of(request.POST)
        return _open(request, typed)
    typed = forms.Follow.of(request.GET)
    if typed.code and "ask" not in request.GET:
        if checkcode.is_valid(typed.code):
            return redirect("casework:case", code=_shown(typed.code))
        return _ask(request, typed, {"code": _not_a_code()}, 200)
    return _ask(request, typed, {}, 200)


def _open(request: HttpRequest, typed: forms.Follow) -> HttpResponse:
    errors = {}
    if not checkcode.is_valid(typed.code):
        errors["code"] = _not_a_code()
    if not typed.proof:
        errors["proof"] = _(
            "Please give the last 4 digits of the telephone number you left, your mail address, or the receipt's link."
        )
    if errors:
        return _ask(request, typed, errors, 422)
    try:
        case = queries.follow(
            typed.code,
            receipt_secret=typed.secret,
            contact_tail=typed.tail,
            address=request.META.get("REMOTE_ADDR", ""),
            now=timezone.now(),
        )
    except Problem as problem:
        return _ask(request, typed, {"form": problem.message}, problem.status)
    response = redirect("casework:case", code=case.shown_code)
    passes.give(request, response, case_id=case.case_id, code=case.code, secret=typed.secret or "")
    return response


def _ask(request: HttpRequest, typed: forms.Follow, errors: dict[str, str], status: int) -> HttpResponse:
    return render(request, "casework/follow.html", {"typed": typed, "errors": errors}, status=status)


def _not_a_code() -> str:
    return _(
        "This is not a complete code: it has 8 letters and digits, as in 8K3F-27QH. Please check it on the receipt."
    )


def _shown(code: str) -> str:
    return checkcode.show(checkcode.normalise(code))


def _to_follow(code: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('casework:follow')}?code={code}&ask=1")


@never_cache
@require_safe
def own(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody known to this device opens one of their own matters: the pass to it takes the place of digits or link."""
    mine = residentpass.held(request)
    card = directory.resident(mine[0], since=mine[1]) if mine else None
    found = queries.own_case(code, card.ids) if card and not card.doubted and checkcode.is_valid(code) else None
    if found is None:
        return _to_follow(_shown(code)) if checkcode.is_valid(code) else redirect("casework:follow")
    response = redirect("casework:case", code=found.shown_code)
    if passes.held(request, found.code) is None:
        passes.give(request, response, case_id=found.case_id, code=found.code, secret="")
    return response


@never_cache
@require_safe
def case(request: HttpRequest, code: str) -> HttpResponse:
    """The receipt and everything that happened since. A receipt's link (?s=) is turned into a cookie first."""
    if not checkcode.is_valid(code):
        return HttpResponseRedirect(f"{reverse('casework:follow')}?ask=1")
    if secret := request.GET.get("s"):
        return _open(request, forms.Follow(code=code, proof=f"?s={secret}"))
    if code != _shown(code):
        return redirect("casework:case", code=_shown(code))
    mine = passes.held(request, checkcode.normalise(code))
    if mine is None:
        return _to_follow(code)
    return _case_page(request, mine, {}, 200)


def _case_page(
    request: HttpRequest,
    mine: passes.Pass,
    errors: dict[str, str],
    status: int,
    *,
    words: str = "",
    key: str = "",
) -> HttpResponse:
    card = queries.resident_case(mine.case_id, now=timezone.now())
    link = reverse("casework:case", args=[card.shown_code]) + f"?s={mine.secret}" if mine.secret else ""
    context = {
        **_paper(card),
        "link": request.build_absolute_uri(link) if link else "",
        "errors": errors,
        "words": words,
        "key": key or forms.new_key(),
        "room_for": MAX_PHOTOS,
        "is_new": "new" in request.GET,
        "is_added": "added" in request.GET,
    }
    return render(request, "casework/case.html", context, status=status)


@never_cache
@require_safe
def clock(request: HttpRequest, code: str) -> HttpResponse:
    """Why the next step is due when it is, in everyday words, for who holds the receipt."""
    mine = passes.held(request, checkcode.normalise(code)) if checkcode.is_valid(code) else None
    if mine is None:
        return (
            _to_follow(_shown(code))
            if checkcode.is_valid(code)
            else HttpResponseRedirect(f"{reverse('casework:follow')}?ask=1")
        )
    found = explanation(mine.case_id)
    context = {
        "code": _shown(code),
        "rested": sum(step["days"] for step in found.get("steps", ()) if step["rest"]),
        "stood": sum(step["days"] for step in found.get("steps", ()) if step["stood"]),
        **found,
    }
    return render(request, "casework/case_clock.html", context)


def _again(receipt: ledger.ReceiptState) -> int:
    """Seconds after which the page asks how far the proof has come; 0 where nothing comes soon."""
    if not receipt.is_sealed:
        return 1
    if not receipt.awaits_witnesses or receipt.sealed_at is None:
        return 0
    waited_s = (timezone.now() - receipt.sealed_at).total_seconds()
    return 1 if waited_s < SOON_S else 5 if waited_s < PATIENCE_S else 0


def _paper(card: queries.ResidentCase) -> dict[str, Any]:
    """What the receipt itself shows."""
    names, organisations = shown.Places(), shown.Organisations()
    receipt = ledger.receipt_for(card.entry_id)
    return {
        "case": card,
        "category": shown.category_names().get(card.category),
        "community": names.name(card.place_code),
        "street": names.street(card.place_code) if card.place_code else None,
        "organisation": organisations.full(card.organisation_code),
        "holder": organisations.full(card.lead_code or card.organisation_code),
        "steps": shown.steps(card),
        "timeline": shown.happened(card, organisations),
        "company": queries.company_of(card.case_id),
        "receipt": receipt,
        "proof_again": _again(receipt),
        "qr": shown.qr_picture(receipt.qr) if receipt.qr else "",
    }


@never_cache
@require_safe
def proof(request: HttpRequest, code: str) -> HttpResponse:
    """How far the receipt's proof has come: asked every second until it is sealed."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    card = queries.resident_case(mine.case_id)
    return render(request, "casework/_proof.html", {**_paper(card), "is_part": True})


@posted("casework:case", by="code")
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Add words or photos."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    key, words, now = forms.key_of(request.POST), request.POST.get("words", ""), timezone.now()
    photos = taken_photos(request, key)
    if photos.error:
        return _case_page(request, mine, {"photos": photos.error}, 422, words=words, key=key)
    try:
        services.extend_case(
            actor=resident(), case_id=mine.case_id, words=words, photos=photos.safe, idempotency_key=key, now=now
        )
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        sentence = {forms.field_of(problem): problem.message}
        return _case_page(request, mine, sentence, problem.status, words=words)
    return redirect(reverse("casework:case", args=[_shown(code)]) + "?added=1")


def added_without_token(request: HttpRequest) -> HttpResponse:
    """The addition came without its security token: shown again with a fresh one, its words kept."""
    match = request.resolver_match
    code = match.kwargs["code"] if match else ""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    sentence = _(
        "This page was open for too long, so nothing was added yet. Your words are still here: please send them again, "
        "and choose photos once more if there were any."
    )
    return _case_page(request, mine, {"form": sentence}, 403, words=request.POST.get("words", ""))


add.sent_without_token = added_without_token  # type: ignore[attr-defined]  # composition's CSRF page asks for it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Ask once more, then take the matter back."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    if request.method == "POST":
        services.withdraw_case(actor=resident(), case_id=mine.case_id, now=timezone.now())
        return redirect("casework:case", code=_shown(code))
    card = queries.resident_case(mine.case_id)
    if not card.may_withdraw:
        return redirect("casework:case", code=_shown(code))
    return render(request, "casework/withdraw.html", {"case": card})


@posted("casework:case", by="code")
def rate(request: HttpRequest, code: str) -> HttpResponse:
    """How the answer was, from 1 to 5."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    score, words = request.POST.get("score", ""), request.POST.get("words", "")
    known = int(score) if score in {"1", "2", "3", "4", "5"} else 0
    return _done_or_said(
        request,
        mine,
        "rate",
        lambda now: services.rate_case(actor=resident(), case_id=mine.case_id, score=known, words=words, now=now),
    )


@posted("casework:case", by="code")
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """The answer did not settle it."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    words = request.POST.get("words", "")
    return _done_or_said(
        request,
        mine,
        "reopen",
        lambda now: services.reopen_case(actor=resident(), case_id=mine.case_id, words=words, now=now),
    )


@posted("casework:case", by="code")
def tell(request: HttpRequest, code: str) -> HttpResponse:
    """Whether and where to be told of what happens."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    wanted, contact = request.POST.get("tell") == "1", request.POST.get("contact", "")[:200]
    return _done_or_said(
        request,
        mine,
        "tell",
        lambda now: services.choose_channel(
            actor=resident(), case_id=mine.case_id, tell=wanted, contact=contact, now=now
        ),
    )


def _done_or_said(
    request: HttpRequest, mine: passes.Pass, name: str, act: Callable[[datetime], object]
) -> HttpResponse:
    """Do it and show the receipt, or show it with the reason and what was typed."""
    try:
        act(timezone.now())
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return _case_page(request, mine, {name: problem.message}, problem.status, words=request.POST.get("words", ""))
    return redirect("casework:case", code=_shown(queries.case_head(mine.case_id).code))


@posted("casework:case", by="code")
def leave(request: HttpRequest, code: str) -> HttpResponse:
    """On a shared computer: this device forgets the matter."""
    response = redirect("casework:follow")
    if checkcode.is_valid(code):
        passes.take(response, code=checkcode.normalise(code))
    return response


@require_safe
def photo(request: HttpRequest, code: str, photo_id: uuid.UUID) -> HttpResponse:
    """One photo of the reporter's own matter."""
    mine = _mine(request, code)
    if mine is None:
        return _to_follow(code)
    file = queries.resident_photo(mine.case_id, photo_id)
    return picture(file.content, file.media_type)


def _mine(request: HttpRequest, code: str) -> passes.Pass | None:
    return passes.held(request, checkcode.normalise(code)) if checkcode.is_valid(code) else None
