"""Open311 GeoReport v2: other systems file and follow matters in their own words, as JSON or XML.

Everybody reads what the portal tells everybody. With `api_key`, a token of a post, an official's program reads what that post
may see. Source: Open311 GeoReport API v2; FixMyStreet's service request updates.
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.api import Caller, Unknown, address_of
from pianqu.foundation.errors import Absent, Invalid, Problem, as_problem
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS, TooFast
from pianqu.kernels import checkcode, georeport, open311
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import PublishedCase, PublishedChange
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.report import resident
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

MOST = 1_000
"""Requests in one answer, as the specification has it."""
SPAN = timedelta(days=90)
LAST_PAGE = 100
TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
LANDMARK = "landmark"
_UNQUOTED = re.compile(r"(?<=:\d\d) (?=\d\d:\d\d$)")
"""The plus of a zone that a client forgot to quote."""
CHANGED = "2026-11-28T00:00:00+08:00"
SPOKEN = (
    "http://wiki.open311.org/GeoReport_v2",
    "https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Proposed-differences-to-Open311",
)
"""The specification first, which clients look for; then the extension with servicerequestupdates, at the same address."""
Door = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door says, and what its element is called in XML."""

    root: str
    value: object
    status: int = 200


def _door(view: Callable[..., Answer]) -> Door:
    """Answers in the format of the address; refusals as the specification has them: a list of code and description."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, form: str, **given: Any) -> HttpResponse:
        wait = 0.0
        try:
            LIMITS.check(f"address:{address_of(request)}", per_minute=installation().api_rate)
            said = view(request, *args, **given)
        except (Problem, OperationalError) as error:
            problem = as_problem(error)
            if problem is None:
                raise
            wait = problem.wait_s if isinstance(problem, TooFast) else 0.0
            said = _refused(problem)
        text = open311.as_json(said.value) if form == "json" else open311.as_xml(said.value, said.root)
        response = HttpResponse(text, content_type=TYPES[form], status=said.status)
        if wait:
            response["Retry-After"] = str(int(wait) + 1)
        return response

    return never_cache(answered)


def _refused(problem: Problem) -> Answer:
    status = 400 if problem.status == Invalid.status else problem.status
    return Answer("errors", [{"code": status, "description": problem.message}], status)


# what there is -------------------------------------------------------------------------------------------------------


@require_safe
@_door
def discovery(request: HttpRequest) -> Answer:
    """Where the doors are."""
    root = f"{installation().public_url}/open311/v2"
    told = {
        "changeset": CHANGED,
        "contact": f"{installation().public_url}/open/api/",
        "key_service": f"{installation().public_url}{reverse('casework:follow')}",
        "endpoints": [
            {
                "specification": specification,
                "url": root,
                "changeset": CHANGED,
                "type": "production",
                "formats": ["application/json", "text/xml"],
            }
            for specification in SPOKEN
        ],
    }
    return Answer("discovery", told)


@require_safe
@_door
def services_list(request: HttpRequest) -> Answer:
    """Kinds of matters that can be reported."""
    names = shown.category_names()
    return Answer("services", [_service(card, names) for card in queries.shipped_categories()])


def _service(card: queries.CategoryCard, names: Mapping[str, Any]) -> dict[str, object]:
    return {
        "service_code": card.code,
        "service_name": names[card.code].name,
        "description": card.hint_en if shown.in_english() else card.hint_zh,
        "metadata": True,
        "type": "realtime",
        "keywords": None,
        "group": card.platform or None,
    }


@require_safe
@_door
def service_definition(request: HttpRequest, code: str) -> Answer:
    """What can be said beside the words: a landmark, so that somebody finds the place."""
    if code not in queries.shipped_codes():
        raise Absent("service-absent", _("There is no such service. The list of services names them all."))
    attribute = {
        "variable": True,
        "code": LANDMARK,
        "datatype": "string",
        "required": False,
        "datatype_description": None,
        "order": 1,
        "description": _("A landmark, door number or bus stop near by"),
        "values": [],
    }
    return Answer("service_definition", {"service_code": code, "attributes": [attribute]})


# filing --------------------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_door
def requests(request: HttpRequest) -> Answer:
    """File a matter, or list matters."""
    return _file(request) if request.method == "POST" else _list(request)


def _file(request: HttpRequest) -> Answer:
    typed = {**request.GET.dict(), **request.POST.dict()}
    words = "\n".join(filter(None, (str(typed.get("description", "")), str(typed.get("media_url", ""))[:500])))
    code = str(typed.get("service_code", ""))
    if not code:
        raise Invalid(
            "service-missing", _("Please send service_code as a field of a form: the list of services names them.")
        )
    if code not in queries.shipped_codes():
        raise Absent("service-absent", _("There is no such service. The list of services names them all."))
    opened = services.open_case(
        actor=resident(),
        words=words,
        category=code,
        place=_place(typed),
        contact=str(typed.get("phone") or typed.get("email") or "").strip() or None,
        channel="open311",
        idempotency_key=_key(request, typed),
        now=timezone.now(),
    )
    link = f"{reverse('casework:case', args=[checkcode.show(opened.case_code)])}?s={opened.receipt_secret}"
    notice = _("Your code is %(code)s. Follow it, add to it and rate the answer at %(link)s")
    told = {
        "service_request_id": queries.published_id(opened.case_id),
        "service_notice": notice
        % {"code": checkcode.show(opened.case_code), "link": f"{installation().public_url}{link}"},
        "account_id": None,
        "receipt_secret": opened.receipt_secret,
    }
    return Answer("service_requests", [told], 201)


def _place(typed: Mapping[str, Any]) -> services.PlaceChoice:
    """A point, or words for a place. Raises Invalid where there is neither, and for what is no number."""
    landmark = str(typed.get(f"attribute[{LANDMARK}]") or typed.get("address_string") or "").strip()
    lon, lat = str(typed.get("long", "")).strip(), str(typed.get("lat", "")).strip()
    if not lon and not lat:
        if code := str(typed.get("address_id", "")).strip():
            return services.PlaceChoice(community_code=code, landmark=landmark or None, source="community")
        if not landmark:
            raise Invalid("place-missing", _("Where is it? Please send lat and long, address_id or address_string."))
        return services.PlaceChoice(landmark=landmark)
    try:
        x, y = float(lon), float(lat)
    except ValueError as error:
        raise Invalid("place-no-number", _("lat and long have to be two numbers, as in 29.887 and 121.551.")) from error
    return services.PlaceChoice(lon=x, lat=y, landmark=landmark or None, source="position")


def _key(request: HttpRequest, typed: Mapping[str, Any]) -> str:
    """The same content from the same address on the same day is one matter: these clients repeat what was not answered."""
    content = repr([address_of(request), timezone.localdate().isoformat(), sorted(typed.items())])
    return f"open311-{hashlib.sha256(content.encode('utf-8', 'backslashreplace')).hexdigest()[:48]}"


@require_safe
@_door
def token(request: HttpRequest, name: str) -> Answer:
    """Ids are given at once here, so a token is the id."""
    card = queries.published_case(name)
    return Answer("service_requests", [{"service_request_id": card.published_id, "token": name}])


# following -----------------------------------------------------------------------------------------------------------


def _list(request: HttpRequest) -> Answer:
    asked = request.GET
    since, until = _span(asked)
    names = _names(asked)
    if _own(asked.get("api_key", ""), names):
        return Answer("service_requests", _requests([queries.published_case(names[0], own=True)]))
    status = _status(asked.get("status", ""))
    first, most = _page(asked)
    found = queries.published_cases(
        since=since,
        until=until,
        categories=[code for code in asked.get("service_code", "").split(",") if code][:100],
        is_open=status,
        names=names or None,
        actor=_actor(request),
        first=first,
        most=most,
    )
    return Answer("service_requests", _requests(found))


@require_safe
@_door
def one_request(request: HttpRequest, name: str) -> Answer:
    """One matter, by its id here or by its code. The receipt's secret as `api_key` shows it as its reporter sees it."""
    own = _own(request.GET.get("api_key", ""), [name]) is not None
    card = queries.published_case(name, actor=None if own else _actor(request), own=own)
    return Answer("service_requests", _requests([card]))


def _actor(request: HttpRequest) -> Actor | None:
    """The post of the program that sends a token. Raises Unknown and Forbidden as for the API."""
    key = request.GET.get("api_key", "")
    if not key:
        return None
    caller: Caller = directory.caller_with(key, at=timezone.now())
    caller.check("read")
    return caller.actor


def _names(asked: Mapping[str, str]) -> list[str]:
    """The requests that are asked for by name."""
    return [name for name in asked.get("service_request_id", "").split(",") if name][:MOST]


def _status(text: str) -> bool | None:
    """Whether open or closed ones are asked for; None for both. Raises Invalid for anything else."""
    told = {"": None, "open": True, "closed": False, "open,closed": None, "closed,open": None}
    if text not in told:
        raise Invalid("status-unknown", _("status is open or closed; leave it out for both."))
    return told[text]


def _page(asked: Mapping[str, str]) -> tuple[int, int]:
    """Raises Invalid for a page that is no number or too far."""
    page, size = asked.get("page", "1"), asked.get("page_size", str(MOST))
    if not all(text.isascii() and text.isdigit() and 0 < len(text) < 5 for text in (page, size)):
        raise Invalid("page-wrong", _("page and page_size are whole numbers from 1 on."))
    if not 1 <= int(page) <= LAST_PAGE or not 1 <= int(size) <= MOST:
        raise Invalid("page-far", _("At most 1,000 a page, and 100 pages: narrow the days for more."))
    return (int(page) - 1) * int(size), int(size)


def _span(asked: Mapping[str, str]) -> tuple[datetime, datetime]:
    """The asked days, the last ninety where none are asked for. Raises Invalid for more, and for what is no moment."""
    now = timezone.now()
    start, end = _moment(asked.get("start_date", "")), _moment(asked.get("end_date", ""))
    until = end or (start + SPAN if start else now)
    since = start or until - SPAN
    if not since <= until or until - since > SPAN:
        raise Invalid("span-wrong", _("start_date comes before end_date, by at most 90 days."))
    return since, until


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(_UNQUOTED.sub("+", text))
    except ValueError as error:
        raise Invalid("moment-wrong", _("A moment looks like 2026-11-24T09:00:00+08:00.")) from error
    if not date(2000, 1, 1) <= moment.date() < date(2100, 1, 1):
        raise Invalid("moment-wrong", _("A moment looks like 2026-11-24T09:00:00+08:00."))
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _requests(found: Sequence[PublishedCase]) -> list[dict[str, object]]:
    words = _Words(found)
    return [_request(card, words) for card in found]


class _Words:
    """Names for one answer: asked once, whatever the number of its requests."""

    def __init__(self, found: Sequence[PublishedCase]) -> None:
        self.kinds = {code: choice.name for code, choice in shown.category_names().items()}
        self.states = {choice.code: choice.name for choice in shown.states()}
        self.bodies = directory.organisations({card.organisation_code for card in found}) if found else {}
        self.places = territory.places() if found else {}


def _request(card: PublishedCase, words: _Words) -> dict[str, object]:
    body, street = words.bodies.get(card.organisation_code), words.places.get(card.street_code)
    return {
        "service_request_id": card.published_id,
        "status": "open" if card.is_open else "closed",
        "status_notes": card.reply or words.states[card.state],
        "service_name": words.kinds.get(card.category, card.category),
        "service_code": card.category,
        "description": card.words or None,
        "agency_responsible": body.short_name if body else None,
        "service_notice": None,
        "requested_datetime": card.opened_at.isoformat(),
        "updated_datetime": card.updated_at.isoformat(),
        "expected_datetime": None,
        "address": card.landmark or (street.short_name if street else None),
        "address_id": card.street_code or None,
        "zipcode": None,
        "lat": card.lat if card.lat is not None else (street.lat if street else None),
        "long": card.lon if card.lon is not None else (street.lon if street else None),
        "media_url": None,
    }


# updates: FixMyStreet's extension ------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_door
def updates(request: HttpRequest) -> Answer:
    """Say what is new of a matter, or ask what is."""
    return _take_update(request) if request.method == "POST" else _changes(request)


def _take_update(request: HttpRequest) -> Answer:
    """What a system that filed a matter here, or follows it, adds to it. Names and addresses that it sends are not looked at."""
    typed = {**request.GET.dict(), **request.POST.dict()}
    case_id = queries.case_named(str(typed.get("service_request_id", "")))
    media = [url.strip()[:500] for url in request.POST.getlist("media_url")[:20]]
    entry_id = services.take_update(
        actor=_sender(str(typed.get("api_key", "")), case_id),
        case_id=case_id,
        update_id=str(typed.get("update_id") or typed.get("update_id_ext") or "").strip(),
        words="\n".join(filter(None, (str(typed.get("description", "")).strip(), *media))),
        is_open=_stands_open(str(typed.get("status", ""))),
        now=timezone.now(),
    )
    return Answer("service_request_updates", [{"update_id": queries.update_name(entry_id)}], 201)


def _sender(key: str, case_id: uuid.UUID) -> Actor:
    """The reporter, who has the receipt's secret, or an official who may see the matter. Raises Unknown, Forbidden, Absent."""
    if not key:
        sentence = _("Please send api_key: the receipt secret of this matter, or a token of a post. Nothing was added.")
        raise Unknown("key-missing", sentence)
    now = timezone.now()
    if queries.is_receipt(case_id, key, now=now):
        return resident()
    caller: Caller = directory.caller_with(key, at=now)
    caller.check("intake")
    queries.check_sees(caller.actor, case_id)
    return caller.actor


def _stands_open(status: str) -> bool | None:
    """How the matter stands over there; None where that is not said. Raises Invalid for a status that nobody knows."""
    is_open = georeport.stands_open(status)
    if is_open is None and status.strip():
        raise Invalid("status-unknown", _("This status is not known. OPEN, CLOSED and FIXED are. Nothing was added."))
    return is_open


def _changes(request: HttpRequest) -> Answer:
    """What was answered or reopened, the oldest first. Whoever filed one of them asks for that with the receipt's secret."""
    asked = request.GET
    since, until = _span(asked)
    first, most = _page(asked)
    names = _names(asked)
    own = _own(asked.get("api_key", ""), names)
    found = queries.published_changes(
        since=since,
        until=until,
        names=None if own else names or None,
        actor=None if own else _actor(request),
        own=own,
        first=first,
        most=most,
        now=timezone.now(),
    )
    states = {choice.code: choice.name for choice in shown.states()}
    return Answer("service_request_updates", [_change(card, states) for card in found])


def _own(key: str, names: Sequence[str]) -> uuid.UUID | None:
    """The one matter that is asked for, where the key is the secret of its receipt."""
    if not key or len(names) != 1:
        return None
    case_id = queries.case_named(names[0])
    return case_id if queries.is_receipt(case_id, key, now=timezone.now()) else None


def _change(card: PublishedChange, states: Mapping[str, str]) -> dict[str, object]:
    return {
        "update_id": card.update_id,
        "service_request_id": card.published_id,
        "status": "OPEN" if card.is_open else "CLOSED",
        "updated_datetime": card.at.isoformat(),
        "description": card.words or states["reopened" if card.is_open else "resolved"],
        "media_url": None,
    }
