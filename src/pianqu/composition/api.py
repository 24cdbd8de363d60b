"""The JSON API: the rooms' doors under one address, tokens, refusals as problem+json, and a description that keeps its word."""

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer
from ninja.security import HttpBearer

from pianqu.composition import endpoints as together
from pianqu.composition import grid_doors
from pianqu.composition.desk import calendar
from pianqu.foundation.api import (
    KEY,
    LEAST_OPEN_KEY,
    LONGEST_KEY,
    RIGHTS,
    Caller,
    FieldFault,
    Unknown,
    address_of,
    problem_body,
)
from pianqu.foundation.errors import Absent, Invalid, Problem, as_problem
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS, TooFast
from pianqu.rooms.casework import endpoints as casework
from pianqu.rooms.directory import endpoints as directory_doors
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import endpoints as ledger
from pianqu.rooms.notices import endpoints as notices
from pianqu.rooms.partners import endpoints as partners
from pianqu.rooms.planning import endpoints as planning
from pianqu.rooms.territory import endpoints as territory

PROBLEM = "application/problem+json"
PREFIX = "/api/v1/"


class Malformed(Problem):
    """The request cannot be read at all (400)."""

    status = 400


class TooBig(Problem):
    """More than is read (413)."""

    status = 413


class Token(HttpBearer):
    """Who calls, by the token in the header."""

    openapi_bearerFormat = "pq_…"
    openapi_description = (
        "A token that an official issued under “My account”: it acts in that post, with the rights given to it."
    )

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        try:
            return directory.caller_with(token, at=timezone.now())
        except Unknown:
            LIMITS.check(f"address:{address_of(request)}", per_minute=installation().api_rate)
            raise


class Readable(JSONRenderer):
    """Chinese as it is written: shorter, and readable in a terminal."""

    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """All doors, and one way to say no."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._described: dict[str, OpenAPISchema] = {}

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        """Put together once a process: it takes seconds, and changes with the program alone. Read it, never write to it."""
        prefix = given.get("path_prefix") or self.get_root_path(given.get("path_params") or {})
        if prefix not in self._described:
            found = super().get_openapi_schema(path_prefix=prefix)
            _complete(found)
            self._described[prefix] = found
        return self._described[prefix]

    def create_response(self, request: HttpRequest, data: Any, **given: Any) -> HttpResponse:
        answer = super().create_response(request, data, **given)
        return _paced(request, answer)

    def refuse(self, request: HttpRequest, problem: Problem, errors: list[FieldFault] | None = None) -> HttpResponse:
        """The refusal as problem+json."""
        body = problem_body(problem, errors)
        answer = super().create_response(request, body, status=problem.status)
        answer["Content-Type"] = PROBLEM
        if isinstance(problem, Unknown):
            answer["WWW-Authenticate"] = 'Bearer realm="pianqu"'
        if isinstance(problem, TooFast):
            answer["Retry-After"] = str(math.ceil(problem.wait_s))
        return _paced(request, answer)


def _paced(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    pace = getattr(request, "pace", None)
    if pace is not None:
        answer["RateLimit-Limit"] = str(installation().api_rate)
        answer["RateLimit-Remaining"] = str(pace.remaining)
    answer["Cache-Control"] = "no-store"
    return answer


api = Api(
    title="pianqu",
    version="1",
    description=(
        "Matters of a district, from the first word to the last rating. Residents' doors need no token; staff's doors take "
        "a token bound to a post. Every refusal is problem+json (RFC 9457) in the language of Accept-Language, with a stable "
        "`code`. Lists go by cursors. A repeated `Idempotency-Key` does nothing twice."
    ),
    auth=Token(),
    renderer=Readable(),
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
)
for room in (
    casework,
    directory_doors,
    territory,
    planning,
    partners,
    notices,
    ledger,
    together,
    grid_doors,
    calendar,
):
    for path, router in room.routers.items():
        api.add_router(path, router)


# refusals ------------------------------------------------------------------------------------------------------------


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return api.refuse(request, error)


@api.exception_handler(OperationalError)
def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    problem = as_problem(error)
    if problem is None:
        raise error
    return api.refuse(request, problem)


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    LIMITS.check(f"address:{address_of(request)}", per_minute=installation().api_rate)
    return api.refuse(request, Unknown("token-missing", _("Please send your token: Authorization: Bearer …")))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [
        FieldFault(field=".".join(str(part) for part in fault["loc"] if part != "typed"), message=_said(fault))
        for fault in error.errors
    ]
    sentence = _("What was sent cannot be taken as it is; `errors` says which fields. Nothing was changed.")
    return api.refuse(request, Invalid("request-invalid", sentence), faults)


def _said(fault: Mapping[str, Any]) -> str:
    """What is wrong with a field, in the caller's language where the kind of fault is a common one."""
    told = _FAULTS.get(str(fault["type"]))
    bound = fault.get("ctx", {}) or {}
    if told is None:
        return str(fault["msg"]).removeprefix("Value error, ")
    given = {name: bound[name] for name in bound if name != "error"}
    if "expected" in given:
        given["expected"] = str(given["expected"]).replace(" or ", ", ")
    return _(told) % given


_FAULTS = {
    "missing": gettext_noop("This field is needed."),
    "extra_forbidden": gettext_noop("This field is not known here."),
    "string_too_long": gettext_noop("At most %(max_length)s characters."),
    "string_too_short": gettext_noop("At least %(min_length)s characters."),
    "string_pattern_mismatch": gettext_noop("It has to look like %(pattern)s."),
    "string_type": gettext_noop("This has to be a text."),
    "int_parsing": gettext_noop("This has to be a whole number."),
    "int_type": gettext_noop("This has to be a whole number."),
    "float_parsing": gettext_noop("This has to be a number."),
    "float_type": gettext_noop("This has to be a number."),
    "bool_parsing": gettext_noop("This has to be true or false."),
    "bool_type": gettext_noop("This has to be true or false."),
    "greater_than_equal": gettext_noop("At least %(ge)s."),
    "less_than_equal": gettext_noop("At most %(le)s."),
    "literal_error": gettext_noop("One of: %(expected)s."),
    "enum": gettext_noop("One of: %(expected)s."),
    "timezone_aware": gettext_noop("A moment needs its zone, as in 2026-11-24T09:00:00+08:00."),
    "date_from_datetime_parsing": gettext_noop("This has to be a day, as in 2026-11-24."),
    "date_parsing": gettext_noop("This has to be a day, as in 2026-11-24."),
    "too_long": gettext_noop("At most %(max_length)s of them."),
    "too_short": gettext_noop("At least %(min_length)s of them."),
    "finite_number": gettext_noop("This has to be a number."),
    "int_from_float": gettext_noop("This has to be a whole number."),
    "list_type": gettext_noop("This has to be a list."),
    "tuple_type": gettext_noop("This has to be a list."),
    "model_attributes_type": gettext_noop("This has to be an object with named fields."),
    "model_type": gettext_noop("This has to be an object with named fields."),
    "dict_type": gettext_noop("This has to be an object with named fields."),
    "uuid_parsing": gettext_noop("This is no id as the API gives them."),
    "date_type": gettext_noop("This has to be a day, as in 2026-11-24."),
    "date_from_datetime_inexact": gettext_noop("This has to be a day, as in 2026-11-24."),
    "datetime_parsing": gettext_noop("A moment needs its zone, as in 2026-11-24T09:00:00+08:00."),
    "datetime_from_date_parsing": gettext_noop("A moment needs its zone, as in 2026-11-24T09:00:00+08:00."),
    "datetime_type": gettext_noop("A moment needs its zone, as in 2026-11-24T09:00:00+08:00."),
    "datetime_object_invalid": gettext_noop("A moment needs its zone, as in 2026-11-24T09:00:00+08:00."),
    "string_unicode": gettext_noop("This text holds signs that are none."),
}
"""Kinds of faults of fields as the validator names them, in words."""


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
def _unsuitable(request: HttpRequest, error: Exception) -> HttpResponse:
    sentence = _("The form cannot be read: it is broken, or holds too many fields or files. Nothing was changed.")
    return api.refuse(request, Malformed("request-unreadable", sentence))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return api.refuse(
        request, Malformed("request-unreadable", _("The body is no JSON that can be read. Nothing was changed."))
    )


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: Exception) -> HttpResponse:
    return api.refuse(
        request, TooBig("request-too-big", _("This is more than can be taken at once. Nothing was changed."))
    )


def no_such_door(request: HttpRequest, rest: str = "") -> HttpResponse:
    """What lies under the API's address and is no door."""
    sentence = _("There is nothing at this address of the API; openapi.json names what there is.")
    return api.refuse(request, Absent("door-absent", sentence))


# the description -----------------------------------------------------------------------------------------------------

_CASE = {"case_id": "$response.body#/case_id"}
_OWN = {"path.code": "$response.body#/code", "header.Receipt-Secret": "$response.body#/receipt_secret"}
_PASS = {"header.Resident-Pass": "$response.body#/resident_pass"}
LINKS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "takeInCase": (
        ("getCase", "explainDueDate", "revealContact", "addPhotos", *(act.name for act in casework.ACTS.values())),
        _CASE,
    ),
    "report": (tuple(casework.OWN), _OWN),
    "confirmContact": (("getOwnMatters", "addOwnMatter", "notMe", "endPasses", "leaveRoll"), _PASS),
    "keepFilter": (("dropFilter",), {"filter_id": "$response.body#/id"}),
    "askForExport": (("getExport", "fetchExport", "cancelExport"), {"export_id": "$response.body#/id"}),
    "handOverShift": (("takeOverShift",), {"handover_id": "$response.body#/id"}),
    "appoint": (("endPost",), {"post_id": "$response.body#/id"}),
    "substitute": (("endSubstitution",), {"substitution_id": "$response.body#/id"}),
    "putOnDuty": (("takeOffDuty",), {"duty_id": "$response.body#/id"}),
    "sendDown": (("recall",), {"send_down_id": "$response.body#/id"}),
    "beginEnrolment": (("finishEnrolment", "dropEnrolment"), {"enrolment_id": "$response.body#/id"}),
    "addPlatformMember": (("removePlatformMember",), {"member_id": "$response.body#/id"}),
    "askSiteStudy": (
        (
            "getSiteStudy",
            "getSiteStudyGround",
            "computeSiteStudyAgain",
            "chooseSites",
            "publishSiteStudy",
            "forgetSiteStudy",
        ),
        {"study_id": "$response.body#/id"},
    ),
    "addRoom": (("bookRoom",), {"room_id": "$response.body#/id"}),
    "startDraft": (
        ("getDraft", "getDraftUnits", "changeDraft", "computeDraft", "publishDraft", "withdrawDraft"),
        {"draft_id": "$response.body#/id"},
    ),
    "handInDepartmentGrid": (("getDepartmentGrid", "takeDepartmentGrid"), {"grid_id": "$response.body#/id"}),
    "askMerge": (("getMerge", "closePlaces"), {"merge_id": "$response.body#/id"}),
    "bookRoom": (("cancelBooking",), {"booking_id": "$response.body#/id"}),
    "holdRound": (("makePromise",), {"round_id": "$response.body#/id"}),
    "makePromise": (("tellPromise",), {"promise_id": "$response.body#/id"}),
}
"""What can be done with what an operation made: operation → (operations, how their parameters come from its answer)."""


def _complete(found: dict[str, Any]) -> None:
    found["info"]["x-rights"] = RIGHTS
    found["info"]["license"] = {"name": "Apache-2.0"}
    for operation in _operations(found):
        _with_headers(operation)
        _with_parameters(operation)
        _with_example(operation, found["components"]["schemas"])
        for status, answer in operation["responses"].items():
            _with_media_type(operation, int(status), answer)
        _with_links(operation)


def _operations(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in found["paths"].values():
        yield from methods.values()


def _with_parameters(operation: dict[str, Any]) -> None:
    """A parameter's own example is one; a list of them belongs to its schema alone."""
    for parameter in operation.get("parameters", []):
        if examples := parameter.pop("examples", []):
            parameter["example"] = examples[0]


def _with_example(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """A whole body, put together from the examples of its fields."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if (example := _example(content["schema"], schemas)) is not None:
            content["example"] = example


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    schema = schema["allOf"][0] if "allOf" in schema else schema
    if "$ref" in schema:
        schema = schemas[str(schema["$ref"]).rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    fields = {name: _example(field, schemas) for name, field in schema.get("properties", {}).items()}
    return {name: value for name, value in fields.items() if value not in (None, {})} or None


def _with_headers(operation: dict[str, Any]) -> None:
    right = operation["x-right"]
    told = f"Needs the right `{right}`." if right else "Needs no token."
    operation["description"] = f"{operation.get('description', '')}\n\n{told}".strip()
    if operation["x-once"]:
        operation.setdefault("parameters", []).append(
            {
                "name": KEY,
                "in": "header",
                "required": False,
                "description": "A text of your own, new for each request: the same one again does nothing twice.",
                "schema": {
                    "type": "string",
                    "minLength": 1 if right else LEAST_OPEN_KEY,
                    "maxLength": LONGEST_KEY,
                    "pattern": "^[0-9A-Za-z_-]+$",
                },
            }
        )


def _with_media_type(operation: dict[str, Any], status: int, answer: dict[str, Any]) -> None:
    if status >= 400:
        schema = answer["content"].pop("application/json")["schema"]
        answer["content"][PROBLEM] = {"schema": schema}
        answer["description"] = HTTPStatus(status).phrase
    answer["headers"] = {
        "RateLimit-Limit": _whole("Requests a minute."),
        "RateLimit-Remaining": _whole("How many more are let in at once."),
        **({"Retry-After": _whole("Seconds to wait.")} if status == 429 else {}),
    }
    if "x-media" in operation and status < 300:
        answer["content"] = {
            media: {"schema": {"type": "string", "format": "binary"}} for media in operation["x-media"]
        }


def _with_links(operation: dict[str, Any]) -> None:
    names, parameters = LINKS.get(operation["operationId"], ((), {}))
    for status, answer in operation["responses"].items():
        if int(status) < 300 and names:
            answer["links"] = {name: {"operationId": name, "parameters": parameters} for name in names}


def _whole(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer", "minimum": 0}}
