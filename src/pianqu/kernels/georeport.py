"""GeoReport v2 from the client's side: what other Open311 servers answer, read into records, and what is sent to them.

Problem: servers answer in JSON or XML, wrapped or bare, with one object where a list belongs, numbers for texts, moments without
a zone, and web pages where they fail. Method: both formats become one plain value (every number stays the text that it was);
records are looked for where servers put them; each field is read as what it should be, and is empty where it is not. XML comes
from expat with every document type refused, so that no entity is ever expanded or fetched. Source: Open311 GeoReport API v2;
FixMyStreet's service request updates; XML 1.0; W3C date and time formats. Cost: O(size), bounded in bytes, depth and elements.
Guarantee: whatever the bytes, the answer is a record or a GeoReportError, and both formats of `open311` read back the same.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from xml.parsers import expat

LONGEST = 4 * 1024 * 1024
"""Bytes of one answer; a full page of a thousand requests has about one."""
DEEPEST = 16
MOST_ELEMENTS = 200_000
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
STILL_OPEN = frozenset({"open", "reopen", "in_progress", "investigating", "planned", "action_scheduled", "for_triage"})
SETTLED = frozenset(
    {"closed", "fixed", "duplicate", "not_councils_responsibility", "no_further_action", "internal_referral"}
)
"""Statuses of requests and updates: GeoReport knows the first of each, FixMyStreet's extension the others."""

Value = None | bool | str | list["Value"] | dict[str, "Value"]
Fields = Mapping[str, Value]
Form = Literal["json", "xml"]
Pairs = tuple[tuple[str, str], ...]
R = TypeVar("R")

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BOM = b"\xef\xbb\xbf"
_WEB_PAGE = re.compile(
    rb"(?:\s|<\?xml[^>]*+>|<!--(?:(?!-->).)*+-->)*+<(?:!doctype\s+)?(?:html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_CHINESE = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["'](?:gb2312|gbk|gb18030)["']""", re.IGNORECASE)
_WHOLE = re.compile(r"(-?[0-9]+)\.0+")
_WRAPPERS = frozenset(
    {"services", "service_definition", "service_requests", "requests", "service_request_updates", "errors", "discovery"}
)


# what comes back -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal of a server. The code is most often the HTTP status."""

    code: str
    description: str


class GeoReportError(ValueError):
    """The answer is none that can be used.

    `reason` is a stable word: `empty`, `large`, `deep`, `encoding`, `html`, `doctype`, `broken` (neither JSON nor XML), `shape`
    (something else than what was asked for), `refused` (a list of errors, which are `faults`), or `unsent` (what should have
    been sent cannot be). The message is for an operator's eyes.
    """

    def __init__(self, reason: str, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A kind of matter that the other side takes. `type` is realtime, batch (answers a token) or blackbox (answers nothing)."""

    service_code: str
    service_name: str = ""
    description: str = ""
    metadata: bool = False
    """Whether there is a definition with attributes to ask for."""
    type: str = "realtime"
    keywords: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a list."""

    key: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One question of a service. Where it is not `variable`, there is nothing to answer: it is only shown."""

    code: str
    datatype: str = "string"
    required: bool = False
    variable: bool = True
    description: str = ""
    datatype_description: str = ""
    order: int = 0
    values: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """What can be said beside the words, in the order in which it is to be asked."""

    service_code: str
    attributes: tuple[Attribute, ...] = ()

    def missing(self, given: Mapping[str, str | Sequence[str]]) -> tuple[str, ...]:
        """Codes of required attributes that have no value yet."""
        return tuple(one.code for one in self.attributes if one.required and one.variable and not given.get(one.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The answer to a filed request: its id, or a token to ask for the id later, or (blackbox) neither."""

    service_request_id: str = ""
    token: str = ""
    service_notice: str = ""
    account_id: str = ""
    receipt_secret: str = ""
    """Where the other side is a pianqu: the key to that matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The id behind a token; empty while there is none yet."""

    token: str
    service_request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as the other side shows it. Moments have a zone; None where none was said, or nothing that is a moment."""

    service_request_id: str
    status: str = ""
    status_notes: str = ""
    service_code: str = ""
    service_name: str = ""
    description: str = ""
    agency_responsible: str = ""
    service_notice: str = ""
    requested_datetime: datetime | None = None
    updated_datetime: datetime | None = None
    expected_datetime: datetime | None = None
    address: str = ""
    address_id: str = ""
    zipcode: str = ""
    lat: float | None = None
    long: float | None = None
    media_url: str = ""

    @property
    def is_open(self) -> bool | None:
        """Whether somebody still works on it; None for a status that is not known."""
        return stands_open(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Something new of a request. `update_id` is unique on the other side."""

    update_id: str
    service_request_id: str = ""
    status: str = ""
    description: str = ""
    updated_datetime: datetime | None = None
    media_url: str = ""

    @property
    def is_open(self) -> bool | None:
        """As for a request."""
        return stands_open(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One door of a server, from its discovery document."""

    url: str
    specification: str = ""
    type: str = ""
    formats: tuple[str, ...] = ()


def stands_open(status: str) -> bool | None:
    """How a matter with this status stands, in capitals or not; None where that is not known."""
    wanted = _status(status)
    return True if wanted in STILL_OPEN else False if wanted in SETTLED else None


# reading -------------------------------------------------------------------------------------------------------------


def services(body: bytes) -> tuple[Service, ...]:
    """The list of services; what has no code is left out."""
    return _all(body, "service", ("service_code",), _service)


def service_definition(body: bytes) -> ServiceDefinition:
    """The definition of one service."""
    value = _unwrapped(_plain(body), "service_definition")
    one = value[0] if isinstance(value, list) and value else value
    if not isinstance(one, dict) or not {"service_code", "attributes"} & one.keys():
        raise _strange(value, "a service definition")
    found = _records(one.get("attributes"), "attribute")
    attributes = [_attribute(each) for each in found if _id(each.get("code"))]
    return ServiceDefinition(
        service_code=_id(one.get("service_code")), attributes=tuple(sorted(attributes, key=lambda each: each.order))
    )


def posted(body: bytes) -> Posted:
    """The answer to POST requests."""
    return _one(body, "request", ("service_request_id", "token", "service_notice"), _posted)


def token(body: bytes) -> Token:
    """The answer to GET tokens."""
    return _one(body, "request", ("token", "service_request_id"), _token)


def requests(body: bytes, *, zone: tzinfo = UTC) -> tuple[Request, ...]:
    """A list of requests, or the single one; `zone` is that of moments which name none."""
    return _all(body, "request", ("service_request_id",), lambda one: _request(one, zone))


def updates(body: bytes, *, zone: tzinfo = UTC) -> tuple[Update, ...]:
    """A list of updates in the order in which it came; what has no id of its own or of its request is left out."""
    found = _all(body, "request_update", ("update_id",), lambda one: _update(one, zone))
    return tuple(update for update in found if update.service_request_id)


def posted_update(body: bytes) -> str:
    """The other side's id of an update that was sent to it; empty where it gives none."""
    return _one(body, "request_update", ("update_id", "token"), lambda one: _id(one.get("update_id")))


def errors(body: bytes) -> tuple[Fault, ...]:
    """Why a request was refused. Raises GeoReportError where the body does not say it in GeoReport's way, or nearly."""
    found = _faults(_plain(body))
    if not found:
        raise GeoReportError("shape", "The server refused without saying why in a form that is known.")
    return found


def discovery(body: bytes) -> tuple[Endpoint, ...]:
    """The doors that a discovery document names."""
    value = _unwrapped(_plain(body), "discovery")
    if not isinstance(value, dict) or "endpoints" not in value:
        raise _strange(value, "a discovery document")
    return tuple(
        Endpoint(
            url=url,
            specification=_text(one.get("specification")),
            type=_text(one.get("type")),
            formats=tuple(filter(None, map(_text, _listed(one.get("formats"), "format")))),
        )
        for one in _records(value["endpoints"], "endpoint")
        if (url := _text(one.get("url")))
    )


def _all(body: bytes, item: str, keys: Sequence[str], make: Callable[[Fields], R]) -> tuple[R, ...]:
    value = _plain(body)
    found = _records(value, item)
    told = [one for one in found if any(_id(one.get(key)) for key in keys)]
    if not told and (found or not _is_empty_list(value)):
        raise _strange(value, f"a list of {item}s")
    return tuple(make(one) for one in told)


def _one(body: bytes, item: str, keys: Sequence[str], make: Callable[[Fields], R]) -> R:
    value = _plain(body)
    for one in _records(value, item):
        if any(key in one for key in keys):
            return make(one)
    raise _strange(value, f"a {item}")


def _strange(value: Value, wanted: str) -> GeoReportError:
    if faults := _faults(value):
        said = "; ".join(f"{fault.code} {fault.description}".strip() for fault in faults[:5])
        return GeoReportError("refused", f"The server refused: {said}"[:500], faults)
    return GeoReportError("shape", f"The server answered something else than {wanted}.")


def _service(one: Fields) -> Service:
    words = [_text(word) for word in _listed(one.get("keywords"), "keyword")]
    return Service(
        service_code=_id(one.get("service_code")),
        service_name=_text(one.get("service_name")),
        description=_text(one.get("description")),
        metadata=_flag(one.get("metadata")),
        type=_text(one.get("type")).lower() or "realtime",
        keywords=tuple(part.strip() for word in words for part in word.split(",") if part.strip()),
        group=_text(one.get("group")),
    )


def _attribute(one: Fields) -> Attribute:
    order = _number(one.get("order"))
    return Attribute(
        code=_id(one.get("code")),
        datatype=_text(one.get("datatype")).lower() or "string",
        required=_flag(one.get("required")),
        variable=_flag(one.get("variable"), otherwise=True),
        description=_text(one.get("description")),
        datatype_description=_text(one.get("datatype_description")),
        order=int(order) if order is not None and abs(order) < 1e9 else 0,
        values=tuple(
            Choice(key=key, name=_text(choice.get("name")))
            for choice in _records(one.get("values"), "value")
            if (key := _id(choice.get("key")))
        ),
    )


def _posted(one: Fields) -> Posted:
    return Posted(
        service_request_id=_id(one.get("service_request_id")),
        token=_id(one.get("token")),
        service_notice=_text(one.get("service_notice")),
        account_id=_id(one.get("account_id")),
        receipt_secret=_text(one.get("receipt_secret")),
    )


def _token(one: Fields) -> Token:
    return Token(token=_id(one.get("token")), service_request_id=_id(one.get("service_request_id")))


def _request(one: Fields, zone: tzinfo) -> Request:
    lat, long = _number(one.get("lat")), _number(one.get("long"))
    there = lat is not None and long is not None and abs(lat) <= 90 and abs(long) <= 180
    return Request(
        service_request_id=_id(one.get("service_request_id")),
        status=_status(_text(one.get("status"))),
        status_notes=_text(one.get("status_notes")),
        service_code=_id(one.get("service_code")),
        service_name=_text(one.get("service_name")),
        description=_text(one.get("description")),
        agency_responsible=_text(one.get("agency_responsible")),
        service_notice=_text(one.get("service_notice")),
        requested_datetime=_moment(one.get("requested_datetime"), zone),
        updated_datetime=_moment(one.get("updated_datetime"), zone),
        expected_datetime=_moment(one.get("expected_datetime"), zone),
        address=_text(one.get("address")),
        address_id=_id(one.get("address_id")),
        zipcode=_id(one.get("zipcode")),
        lat=lat if there else None,
        long=long if there else None,
        media_url=_text(one.get("media_url")),
    )


def _update(one: Fields, zone: tzinfo) -> Update:
    return Update(
        update_id=_id(one.get("update_id")),
        service_request_id=_id(one.get("service_request_id")),
        status=_status(_text(one.get("status"))),
        description=_text(one.get("description")),
        updated_datetime=_moment(one.get("updated_datetime"), zone),
        media_url=_text(one.get("media_url")),
    )


def _faults(value: Value) -> tuple[Fault, ...]:
    said = (_fault(one) for one in _listed(_unwrapped(value, "errors"), "error"))
    return tuple(fault for fault in said if fault is not None)


def _fault(one: Value) -> Fault | None:
    if not isinstance(one, dict):
        return Fault("", _text(one)) if _text(one) else None
    words = (_text(one.get(name)) for name in ("description", "message", "detail", "title", "error"))
    description = next(filter(None, words), "")
    code = _id(one.get("code")) or _id(one.get("status"))
    strange = {"service_code", "service_request_id", "update_id"} & one.keys()
    return Fault(code, description) if not strange and (description or "code" in one) else None


# where servers put their records -------------------------------------------------------------------------------------


def _records(value: Value, item: str) -> list[Fields]:
    return [one for one in _listed(_unwrapped(value), item) if isinstance(one, dict)]


def _unwrapped(value: Value, wrapper: str = "") -> Value:
    """What lies within `{"service_requests": …}` and its like, however many there are."""
    while isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        if name != wrapper and name not in _WRAPPERS:
            break
        value = inner
    return value


def _listed(value: Value, item: str) -> list[Value]:
    """A list as a list, one thing as a list of one; `{"service": [...]}` and lists of such are opened."""
    if value is None or value == "":
        return []
    if isinstance(value, dict) and isinstance(value.get(item), list | dict):
        return _listed(value[item], item)
    if isinstance(value, dict) and value.keys() == {item}:
        return [value[item]]
    if isinstance(value, list):
        return [inner for one in value for inner in (_listed(one, item) if isinstance(one, dict) else [one])]
    return [value]


def _is_empty_list(value: Value) -> bool:
    """Nothing where a list belongs: `[]`, or an element of a known name without content."""
    inner = _unwrapped(value)
    wrapped = inner is not value and isinstance(value, dict)
    return inner == [] or (wrapped and inner in (None, "", {}))


# fields --------------------------------------------------------------------------------------------------------------


def _text(value: Value) -> str:
    """The words, without what XML cannot hold and without blanks around; the parts of a list behind commas."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return ""
    return _FORBIDDEN.sub("", value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _id(value: Value) -> str:
    """A name. What a server writes as 638344.0 is 638344."""
    text = "" if isinstance(value, bool | list) else _text(value)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _flag(value: Value, *, otherwise: bool = False) -> bool:
    said = _text(value).lower()
    return said in {"true", "1", "yes"} if said else otherwise


def _number(value: Value) -> float | None:
    try:
        number = float(_text(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _status(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def _moment(value: Value, zone: tzinfo) -> datetime | None:
    """Years far from ours are mistakes, and would run over in other zones."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    if not 1900 <= moment.year < 2200:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


# both formats as one plain value -------------------------------------------------------------------------------------


def _plain(body: bytes) -> Value:
    """The answer as lists, fields and texts. Raises GeoReportError."""
    if len(body) > LONGEST:
        raise GeoReportError("large", f"The answer has more than {LONGEST:,} bytes.")
    if body.startswith(_BOM):
        body = body[len(_BOM) :]
    start = body[:1_000].replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")
    if not start:
        raise GeoReportError("empty", "The answer is empty.")
    if _WEB_PAGE.match(start):
        raise GeoReportError("html", "The server answered a web page instead of data.")
    return _from_xml(body.lstrip()) if start.startswith(b"<") else _from_json(body)


def _from_json(body: bytes) -> Value:
    try:
        text = body.decode(json.detect_encoding(body))
        value: Value = json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _name: None)
    except UnicodeDecodeError as error:
        raise GeoReportError("encoding", "The answer is not in UTF-8.") from error
    except RecursionError as error:
        raise GeoReportError("deep", "The answer is nested too deeply.") from error
    except ValueError as error:
        raise GeoReportError("broken", f"The answer is neither JSON nor XML: {error}"[:200]) from error
    if not isinstance(value, list | dict):
        raise GeoReportError("shape", "The server answered a single value instead of data.")
    _check_depth(value)
    return value


def _check_depth(value: Value) -> None:
    level: list[Value] = [value]
    for _depth in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one) if isinstance(inner, list | dict)]
        if not level:
            return
    raise GeoReportError("deep", "The answer is nested too deeply.")


def _inside(value: Value) -> Iterator[Value]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _from_xml(body: bytes) -> Value:
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_doctype
    parser.ExternalEntityRefHandler = _refuse_doctype
    try:
        parser.Parse(body.decode("gb18030") if _CHINESE.match(body[:200]) else body, True)
    except GeoReportError:
        raise
    except expat.ExpatError as error:
        raise GeoReportError("broken", f"The answer is not well-formed XML: {error}"[:200]) from error
    except (LookupError, ValueError) as error:  # expat reads Unicode and encodings of one byte a character
        raise GeoReportError("encoding", "The answer is in an encoding that is not known.") from error
    return builder.root


def _refuse_doctype(*_declared: object) -> int:
    raise GeoReportError("doctype", "The answer declares a document type. Such answers are not read.")


class _Builder:
    """Elements as fields: what is repeated is a list, what has no elements within is its text, what is empty is None."""

    def __init__(self) -> None:
        self.root: dict[str, Value] = {}
        self._open: list[tuple[str, dict[str, Value], list[str]]] = [("", self.root, [])]
        self._count = 0

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._count += 1
        if len(self._open) > DEEPEST:
            raise GeoReportError("deep", "The answer is nested too deeply.")
        if self._count > MOST_ELEMENTS:
            raise GeoReportError("large", f"The answer has more than {MOST_ELEMENTS:,} elements.")
        self._open.append((name.rpartition(":")[2], {}, []))

    def data(self, text: str) -> None:
        self._open[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, inner, texts = self._open.pop()
        value: Value = inner or "".join(texts).strip() or None
        around = self._open[-1][1]
        before = around.get(name)
        if name not in around:
            around[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            around[name] = [before, value]


# sending -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Another Open311 server: its base as its discovery document or its operator names it, with or without a slash at the end.

    XML is the format that every server has. Raises GeoReportError for what is no address of a server.
    """

    base: str
    jurisdiction_id: str = ""
    form: Form = "xml"

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", _base(self.base))

    def posts_to(self, *path: str) -> str:
        """The address of a resource in this server's format."""
        return f"{self.base}/{'/'.join(quote(part, safe='') for part in path)}.{self.form}"

    def asks(self, *path: str, query: Sequence[tuple[str, str]] = ()) -> str:
        """The same with a question, to which the jurisdiction belongs; what is empty is not asked."""
        asked = urlencode(_said([*query, ("jurisdiction_id", self.jurisdiction_id)]))
        return self.posts_to(*path) + (f"?{asked}" if asked else "")


def _base(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None or _has_blank(text.strip()):
        raise GeoReportError("unsent", "The server's address has to look like https://city.example.org/open311/v2.")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _has_blank(text: str) -> bool:
    return any(character.isspace() or not character.isprintable() for character in text)


def services_url(server: Server) -> str:
    """GET: the list of services."""
    return server.asks("services")


def service_url(server: Server, service_code: str) -> str:
    """GET: one service's definition."""
    return server.asks("services", service_code)


def requests_url(server: Server) -> str:
    """POST: where requests are filed; the jurisdiction goes into the fields."""
    return server.posts_to("requests")


def request_url(server: Server, service_request_id: str, *, api_key: str = "") -> str:
    """GET: one request. Some servers show more to who sends a key."""
    return server.asks("requests", service_request_id, query=[("api_key", api_key)])


def request_list_url(server: Server, service_request_ids: Sequence[str], *, api_key: str = "") -> str:
    """GET: these requests at once."""
    ids = ",".join(service_request_ids)
    return server.asks("requests", query=[("service_request_id", ids), ("api_key", api_key)])


def token_url(server: Server, token: str) -> str:
    """GET: the id behind a token."""
    return server.asks("tokens", token)


def updates_url(server: Server) -> str:
    """POST: where updates are sent; the jurisdiction goes into the fields."""
    return server.posts_to("servicerequestupdates")


def update_list_url(
    server: Server, *, since: datetime, until: datetime, service_request_id: str = "", api_key: str = ""
) -> str:
    """GET: what happened from `since` on. Ask for overlapping times and take each `update_id` once: servers differ in the edges.

    `service_request_id` narrows the list to one request on servers that are a pianqu; others ignore it.
    """
    asked = [("start_date", as_moment(since)), ("end_date", as_moment(until))]
    return server.asks(
        "servicerequestupdates", query=[*asked, ("service_request_id", service_request_id), ("api_key", api_key)]
    )


def report_fields(
    server: Server,
    *,
    service_code: str,
    description: str,
    lat: float | None = None,
    long: float | None = None,
    address_string: str = "",
    address_id: str = "",
    attributes: Mapping[str, str | Sequence[str]] | None = None,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    phone: str = "",
    media_url: str = "",
    api_key: str = "",
) -> Pairs:
    """The form of POST requests; what is empty is not sent. Raises GeoReportError for a place that is none."""
    whole = lat is not None and long is not None
    if whole != (lat is not None or long is not None) or not (whole or address_string or address_id):
        raise GeoReportError("unsent", "A request needs lat and long, or an address.")
    return _said(
        [
            ("api_key", api_key),
            ("jurisdiction_id", server.jurisdiction_id),
            ("service_code", service_code),
            ("lat", _degrees(lat)),
            ("long", _degrees(long)),
            ("address_string", address_string),
            ("address_id", address_id),
            ("description", description),
            ("first_name", first_name),
            ("last_name", last_name),
            ("email", email),
            ("phone", phone),
            ("media_url", media_url),
            *_attributes(attributes or {}),
        ]
    )


def update_fields(
    server: Server,
    *,
    service_request_id: str,
    update_id: str,
    status: str,
    updated_datetime: datetime,
    description: str,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    title: str = "",
    media_urls: Sequence[str] = (),
    account_id: str = "",
    api_key: str = "",
) -> Pairs:
    """The form of POST servicerequestupdates; what is empty is not sent, `media_url` as often as there are such."""
    return _said(
        [
            ("api_key", api_key),
            ("jurisdiction_id", server.jurisdiction_id),
            ("service_request_id", service_request_id),
            ("update_id", update_id),
            ("updated_datetime", as_moment(updated_datetime)),
            ("status", _status(status).upper()),
            ("description", description),
            ("first_name", first_name),
            ("last_name", last_name),
            ("email", email),
            ("title", title),
            ("account_id", account_id),
            *(("media_url", url) for url in media_urls),
        ]
    )


def form_body(fields: Pairs) -> bytes:
    """The fields as application/x-www-form-urlencoded in UTF-8."""
    return urlencode(fields).encode("ascii")


def as_moment(moment: datetime) -> str:
    """A moment in W3C's form, in UTC and whole seconds, as FixMyStreet compares it. Raises GeoReportError without a zone."""
    if moment.tzinfo is None:
        raise GeoReportError("unsent", "A moment without a zone cannot be sent.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _attributes(given: Mapping[str, str | Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Several values of one attribute go as attribute[code][], as the specification has it."""
    for code, value in given.items():
        if isinstance(value, str):
            yield f"attribute[{code}]", value
        else:
            yield from ((f"attribute[{code}][]", one) for one in value)


def _degrees(value: float | None) -> str:
    if value is None:
        return ""
    if not math.isfinite(value):
        raise GeoReportError("unsent", "A request needs lat and long, or an address.")
    return f"{value:.7f}".rstrip("0").rstrip(".")


def _said(pairs: Sequence[tuple[str, str]]) -> Pairs:
    return tuple((name, kept) for name, value in pairs if (kept := _FORBIDDEN.sub("", value)))
