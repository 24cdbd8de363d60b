"""The report: a matter in plain words, with a place, photos and a contact if one likes. One form, one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation import drafts, residentpass
from pianqu.foundation.actor import Actor
from pianqu.foundation.api import address_of
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import TooFast
from pianqu.foundation.photos import MAX_BYTES, MAX_PHOTOS, SafePhoto, sanitise
from pianqu.kernels import checkcode
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.services import Reporter
from pianqu.rooms.casework.views import alike, passes, shown
from pianqu.rooms.casework.views.suggested import suggested
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory


@dataclass(frozen=True, slots=True)
class Photos:
    """What could be made of the photos that came with a form, and the sentence about those that could not."""

    safe: tuple[SafePhoto, ...]
    error: str


def resident() -> Actor:
    """Whoever reports: no account, no name; the district's centre receives it and answers for the fact."""
    return Actor(kind="resident", organisation_code=queries.centre_code())


def reporter(request: HttpRequest) -> Reporter | None:
    """Who reports, where this device holds a pass of the resident roll. No statement without a pass, else one."""
    mine = residentpass.held(request)
    card = directory.resident(mine[0], since=mine[1]) if mine else None
    if card is None or card.doubted:
        return None
    return Reporter(resident_id=card.resident_id, level=card.level, contact=card.contact)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form, or the matter taken in and the way to its receipt."""
    if request.method != "POST":
        typed = {
            name: value for name, value in request.GET.items() if name in {"category", "community", "landmark", "found"}
        }
        if known := reporter(request):
            typed["contact"] = known.contact.value
        return _page(request, forms.Report.of(typed), {}, 200)
    now = timezone.now()
    typed_report = forms.Report.of(request.POST)
    photos = taken_photos(request, typed_report.key)
    if {"find", "suggest", "change"} & set(request.POST):
        return _again(request, typed_report, {}, photos, now, 200)
    errors = forms.faults(typed_report) | ({"photos": photos.error} if photos.error else {})
    if errors:
        return _again(request, typed_report, errors, photos, now, 422)
    if found := _first_asked(request, typed_report, now):
        return _between(request, typed_report, photos, found, now)
    try:
        opened = _taken(request, typed_report, photos, now)
    except (Problem, OperationalError) as error:
        return _refused(request, typed_report, photos, error, now)
    response = redirect(f"{reverse('casework:case', args=[checkcode.show(opened.case_code)])}?new=1")
    passes.give(request, response, case_id=opened.case_id, code=opened.case_code, secret=opened.receipt_secret)
    return response


def _first_asked(request: HttpRequest, typed: forms.Report, now: datetime) -> tuple[alike.Proposal, ...]:
    """What to ask about before a matter is made: nothing where the reporter chose, where this form made one already (a second
    tap), and where this address asks too often, for no report is turned away."""
    if {"join", "alone"} & set(request.POST):
        return ()
    try:
        queries.check_pace(address_of(request))
    except TooFast:
        return ()
    found = alike.proposals(typed, now)
    return () if found and services.was_opened(typed.key) else found


def _between(
    request: HttpRequest, typed: forms.Report, photos: Photos, found: tuple[alike.Proposal, ...], now: datetime
) -> HttpResponse:
    """First ask whether it is one of these. Photos are kept under the form's key; where they cannot be, nobody is asked."""
    if photos.safe and not drafts.keep(typed.key, photos.safe, now=now):
        sentence = _("Your photos could not be kept. Please choose them once more.")
        return _again(request, typed, {"photos": sentence}, Photos((), ""), now, 503)
    return alike.asked(request, typed, len(photos.safe), found)


def _taken(request: HttpRequest, typed: forms.Report, photos: Photos, now: datetime) -> services.Opened:
    """The matter, joined to another one where the reporter chose that."""
    chosen = request.POST.get("join", "")
    given: dict[str, Any] = {
        "actor": resident(),
        "words": typed.words,
        "category": typed.category,
        "place": forms.place_of(typed),
        "contact": typed.contact.strip() or None,
        "reporter": reporter(request),
        "photos": photos.safe,
        "idempotency_key": typed.key,
        "now": now,
    }
    if not chosen:
        return services.open_case(tell=bool(typed.tell), **given)
    parent_id = services.offered(chosen, now=now)
    return services.join_report(parent_id=parent_id, tell_reporter=bool(typed.tell), **given).opened


def _refused(
    request: HttpRequest, typed: forms.Report, photos: Photos, error: Exception, now: datetime
) -> HttpResponse:
    problem = as_problem(error)
    if problem is None:
        raise error
    if problem.code == "idempotency-key-reused":
        typed = typed.again()
    return _again(request, typed, {forms.field_of(problem): problem.message}, photos, now, problem.status)


def sent_without_token(request: HttpRequest) -> HttpResponse:
    """The form came without its security token (cookies were cleared, the page was old): shown again with a fresh one."""
    typed = forms.Report.of(request.POST)
    sentence = _(
        "This page was open for too long, so nothing was sent yet. Everything is still here: please send it again."
    )
    photos = taken_photos(request, typed.key)
    return _again(request, typed, {"form": sentence}, photos, timezone.now(), 403)


def _again(
    request: HttpRequest, typed: forms.Report, errors: dict[str, str], photos: Photos, now: datetime, status: int
) -> HttpResponse:
    """The same page with everything typed; photos that could be read are kept under the form's key."""
    if photos.safe and not drafts.keep(typed.key, photos.safe, now=now):
        errors = errors | {"photos": _("The photos could not be kept. Please choose them again before you send.")}
        photos = Photos((), "")
    elif not photos.safe:
        drafts.keep(typed.key, (), now=now)
    return _page(request, typed, errors, status, kept=len(photos.safe))


def _page(
    request: HttpRequest, typed: forms.Report, errors: Mapping[str, str], status: int, *, kept: int = 0
) -> HttpResponse:
    hits = _hits(typed.landmark) if request.method == "POST" and "find" in request.POST else None
    names, suggestion = shown.Places(), suggested(typed.words)
    typed = typed.without_point() if "place" in errors else typed
    context = {
        "typed": typed,
        "known": bool(residentpass.held(request)) and bool(typed.contact),
        "errors": errors,
        "summary": _summary(errors),
        "kept": range(kept),
        "room_for": MAX_PHOTOS - kept,
        "categories": shown.category_choices(queries.shipped_categories()),
        "chosen_place": names.chosen(typed.community),
        "places": names.options(),
        "hits": hits,
        "suggestion": suggestion,
        "chosen": typed.category or (suggestion.sure if suggestion else ""),
        "tiles": installation().tiles,
    }
    return render(request, "casework/report.html", context, status=status)


_ANCHOR = {"words": "words", "category": "category-0", "place": "community", "contact": "contact", "photos": "photos"}


def _summary(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """Sentences in the form's order, each with the id of the field that it leads to."""
    order = [*_ANCHOR, "form"]
    return [(_ANCHOR.get(name, ""), errors[name]) for name in sorted(errors, key=order.index)]


# photos --------------------------------------------------------------------------------------------------------------


def taken_photos(request: HttpRequest, key: str) -> Photos:
    """Photos kept from the last try (those still ticked), then the newly chosen ones, each made anew."""
    ticked = request.POST.getlist("kept")
    safe = [photo for order, photo in enumerate(drafts.load(key)) if str(order) in ticked] if ticked else []
    sentences = []
    uploads = request.FILES.getlist("photos")
    for upload in uploads[:MAX_PHOTOS]:
        try:
            safe.append(sanitise(upload.read(MAX_BYTES + 1)))
        except Invalid as problem:
            sentences.append(f"{(upload.name or '')[:60]}: {problem.message}")
    if len(safe) > MAX_PHOTOS or len(uploads) > MAX_PHOTOS:
        sentences.append(_("At most 5 photos can go with one report; the first 5 were kept."))
    return Photos(tuple(safe[:MAX_PHOTOS]), " ".join(sentences))


@require_safe
def draft_photo(_request: HttpRequest, key: str, order: int) -> HttpResponse:
    """A photo of a form that was not accepted yet, for who knows the form's key."""
    photos = drafts.load(key)
    if order >= len(photos):
        raise Http404
    return picture(photos[order].content, photos[order].media_type)


def picture(content: bytes, media_type: str) -> HttpResponse:
    """A photo of ours, for this reader only."""
    response = HttpResponse(content, content_type=media_type)
    response["Cache-Control"] = "private, no-store"  # on a shared computer nothing is left behind
    return response


# places --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place that was found by its name; `value` is what the form sends for it."""

    value: str
    name: str
    detail: str


def _hits(words: str) -> tuple[Hit, ...]:
    found = territory.find(words) if words.strip() else ()
    return tuple(
        Hit(value=f"{hit.lon:.6f},{hit.lat:.6f}", name=hit.name, detail=hit.detail)
        for hit in found
        if hit.lon is not None and hit.lat is not None
    )


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Places by what people call them: a part of the form, or a page of its own without JavaScript."""
    words = (request.GET.get("q") or request.GET.get("landmark") or "").strip()
    is_part = bool(request.headers.get("HX-Request"))
    return render(
        request,
        "casework/_places.html" if is_part else "casework/places.html",
        {"hits": _hits(words), "q": words, "typed": forms.Report(found=request.GET.get("found", ""))},
    )


@require_safe
def where(request: HttpRequest) -> HttpResponse:
    """In which community a tapped point lies, in one line for the form."""
    names = shown.Places()
    try:
        code = forms.community_at(request.GET.get("lon", ""), request.GET.get("lat", ""))
    except Invalid as problem:
        return render(request, "casework/_where.html", {"error": problem.message})
    located = territory.locate(float(request.GET["lon"]), float(request.GET["lat"]))
    near = located is not None and located.method == "nearest"
    context = {"community": names.name(code), "street": names.street(code), "is_near": near}
    return render(request, "casework/_where.html", context)


@require_safe
def map_layers(_request: HttpRequest) -> HttpResponse:
    """What the maps draw: shipped outlines and names."""
    response = JsonResponse(territory.map_layers())
    response["Cache-Control"] = "public, max-age=3600"
    return response


report.sent_without_token = sent_without_token  # type: ignore[attr-defined]  # composition's CSRF page asks for it
