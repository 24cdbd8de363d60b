"""What other Open311 servers answer: the specification's samples, both formats alike, what real servers and attackers do."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pianqu.kernels import georeport
from pianqu.kernels.georeport import (
    Attribute,
    Choice,
    Fault,
    GeoReportError,
    Posted,
    Request,
    Server,
    Service,
    ServiceDefinition,
    Token,
    Update,
)
from pianqu.kernels.open311 import as_json, as_xml

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "data" / "open311"
READERS: tuple[Callable[[bytes], object], ...] = (
    georeport.services,
    georeport.service_definition,
    georeport.posted,
    georeport.token,
    georeport.requests,
    georeport.updates,
    georeport.posted_update,
    georeport.errors,
    georeport.discovery,
)
CHINA = timezone(timedelta(hours=8))


def sample(name: str) -> bytes:
    path = SAMPLES / f"sample_{name}.xml"
    if not path.exists():
        pytest.skip("the specification's samples are not on this machine")
    return path.read_bytes()


def refused(read: Callable[[bytes], object], body: bytes) -> GeoReportError:
    with pytest.raises(GeoReportError) as refusal:
        read(body)
    return refusal.value


# the specification's samples -----------------------------------------------------------------------------------------


def test_sample_services() -> None:
    first, *others = georeport.services(sample("0_services"))
    assert (first.service_code, first.service_name, first.group) == ("001", "Cans left out 24x7", "sanitation")
    assert first.metadata and first.type == "realtime" and first.keywords == ("lorem", "ipsum", "dolor")
    assert first.description.startswith("Garbage or recycling cans") and others[0].service_code == "002"


def test_sample_definition() -> None:
    read = georeport.service_definition(sample("1_service_definition"))
    assert read == ServiceDefinition(
        service_code="033",
        attributes=(
            Attribute(
                code="WHISHETN",
                datatype="singlevaluelist",
                required=True,
                description="What is the ticket/tag/DL number?",
                order=1,
                values=(Choice(key="123", name="Ford"), Choice(key="124", name="Chrysler")),
            ),
        ),
    )
    assert read.missing({}) == read.missing({"WHISHETN": ""}) == ("WHISHETN",) and not read.missing({"WHISHETN": "123"})


@pytest.mark.parametrize("name", ["2_service_requests", "5_service_requests"])
def test_sample_posted(name: str) -> None:
    read = georeport.posted(sample(name))
    assert read.service_request_id == "293944" and read.service_notice.startswith("The City will inspect")
    assert (read.token, read.account_id) == ("", "")


def test_sample_requests() -> None:
    (read,) = georeport.requests(sample("3_service_requests"))
    pacific = timezone(-timedelta(hours=8))
    assert read == Request(
        service_request_id="638344",
        status="closed",
        status_notes="Duplicate request.",
        service_code="006",
        service_name="Sidewalk and Curb Issues",
        requested_datetime=datetime(2010, 4, 14, 6, 37, 38, tzinfo=pacific),
        updated_datetime=datetime(2010, 4, 14, 6, 37, 38, tzinfo=pacific),
        expected_datetime=datetime(2010, 4, 15, 6, 37, 38, tzinfo=pacific),
        address="8TH AVE and JUDAH ST",
        address_id="545483",
        zipcode="94122",
        lat=37.762221815,
        long=-122.4651145,
        media_url="http://open311.city.gov.s3.amazonaws.com/requests/media/638344.rss",
    )
    assert read.is_open is False


def test_sample_token() -> None:
    assert georeport.token(sample("4_service_requests")) == Token(token="123456", service_request_id="638344")


# both formats say the same -------------------------------------------------------------------------------------------

NAME = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12).filter(
    lambda text: georeport._id(text) == text
)
WORDS = st.text(max_size=30).map(georeport._text)
YEARS = (datetime(1950, 1, 1), datetime(2150, 1, 1))  # noqa: DTZ001  Hypothesis gives them their zone
MOMENT = st.none() | st.datetimes(YEARS[0], YEARS[1], timezones=st.sampled_from([UTC, CHINA]))


def _in(low: int, high: int) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


POINT = st.tuples(_in(-90, 90), _in(-180, 180)) | st.just((None, None))
SERVICE = st.builds(
    Service,
    service_code=NAME,
    service_name=WORDS,
    description=WORDS,
    metadata=st.booleans(),
    type=st.sampled_from(["realtime", "batch", "blackbox"]),
    keywords=st.lists(NAME.filter(lambda word: "," not in word), max_size=3).map(tuple),
    group=WORDS,
)
ATTRIBUTE = st.builds(
    Attribute,
    code=NAME,
    datatype=st.sampled_from(["string", "text", "singlevaluelist", "multivaluelist", "number", "datetime"]),
    required=st.booleans(),
    variable=st.booleans(),
    description=WORDS,
    datatype_description=WORDS,
    order=st.just(1),
    values=st.lists(st.builds(Choice, key=NAME, name=WORDS), max_size=3).map(tuple),
)
REQUEST = st.builds(
    Request,
    service_request_id=NAME,
    status=st.sampled_from(["open", "closed"]),
    **dict.fromkeys(("status_notes", "service_name", "description", "agency_responsible", "service_notice"), WORDS),
    **dict.fromkeys(("address", "media_url"), WORDS),
    **dict.fromkeys(("service_code", "address_id", "zipcode"), NAME),
    **dict.fromkeys(("requested_datetime", "updated_datetime", "expected_datetime"), MOMENT),
)
UPDATE = st.builds(
    Update,
    update_id=NAME,
    service_request_id=NAME,
    status=st.sampled_from(["open", "closed", "fixed"]),
    description=WORDS,
    updated_datetime=MOMENT,
    media_url=WORDS,
)


def told(record: Any) -> dict[str, object]:
    """A record as a server tells it: nothing where there is none."""

    def said(value: Any) -> object:
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, tuple):
            return [told(one) if hasattr(one, "__slots__") else one for one in value]
        return None if value == "" else value

    return {name: said(getattr(record, name)) for name in record.__slots__}


def both(answer: object, root: str) -> tuple[bytes, bytes]:
    return as_json(answer).encode(), as_xml(answer, root).encode()


@given(st.lists(SERVICE, max_size=4))
def test_services_are_read_back(records: list[Service]) -> None:
    rows = [told(one) | {"keywords": ", ".join(one.keywords) or None} for one in records]
    for body in both(rows, "services"):
        assert georeport.services(body) == tuple(records)


@given(NAME, st.lists(ATTRIBUTE, max_size=3))
def test_definitions_are_read_back(code: str, attributes: list[Attribute]) -> None:
    record = ServiceDefinition(service_code=code, attributes=tuple(attributes))
    for body in both(told(record), "service_definition"):
        assert georeport.service_definition(body) == record


@given(st.lists(st.tuples(REQUEST, POINT), max_size=4))
def test_requests_are_read_back(records: list[tuple[Request, Any]]) -> None:
    rows = [told(one) | {"lat": lat, "long": long} for one, (lat, long) in records]
    for body in both(rows, "service_requests"):
        read = georeport.requests(body)
        assert [told(one) for one in read] == rows


@given(st.lists(UPDATE, max_size=4))
def test_updates_are_read_back(records: list[Update]) -> None:
    rows = [told(one) | {"status": one.status.upper()} for one in records]
    for body in both(rows, "service_request_updates"):
        assert georeport.updates(body) == tuple(records)


@given(st.builds(Posted, service_request_id=NAME, service_notice=WORDS, account_id=WORDS, receipt_secret=WORDS))
def test_answers_to_filing_are_read_back(record: Posted) -> None:
    for body in both([told(record)], "service_requests"):
        assert georeport.posted(body) == record


@given(st.lists(st.builds(Fault, st.sampled_from(["400", "404", "429"]), NAME), min_size=1, max_size=3))
def test_refusals_are_read_back(faults: list[Fault]) -> None:
    for body in both([{"code": int(one.code), "description": one.description} for one in faults], "errors"):
        assert georeport.errors(body) == tuple(faults)
        assert refused(georeport.requests, body).faults == refused(georeport.posted, body).faults == tuple(faults)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@example("a\r\nb\rc")
@example("\x00<&>]]>\x0b ")
def test_whatever_the_words_both_formats_read_the_same(words: str) -> None:
    rows = [{"service_request_id": "1", "description": words, "status_notes": words}]
    one, other = (georeport.requests(body) for body in both(rows, "service_requests"))
    assert one == other


def test_our_discovery_is_read() -> None:
    told = {"changeset": "x", "endpoints": [{"specification": "s", "url": "https://a/v2", "formats": ["text/xml"]}]}
    for body in both(told, "discovery"):
        (read,) = georeport.discovery(body)
        assert (read.url, read.specification, read.formats) == ("https://a/v2", "s", ("text/xml",))


# what real servers do ------------------------------------------------------------------------------------------------

ONE = {"service_request_id": 638344, "status": "Closed", "lat": "37.7", "long": "-122.4", "address": None}
READ = Request(service_request_id="638344", status="closed", lat=37.7, long=-122.4)


@pytest.mark.parametrize(
    "answer",
    [
        [ONE],
        ONE,
        {"service_requests": [ONE]},
        {"service_requests": {"request": ONE}},
        {"service_requests": {"request": [ONE]}},
        {"service_requests": [{"request": ONE}]},
        {"requests": [ONE]},
        {"request": ONE},
        [ONE | {"service_request_id": 638344.0}],
        [ONE | {"status": " CLOSED ", "unknown": {"a": [1, {"b": None}]}}],
        [ONE, {"status": "open"}, None, "x", {"service_request_id": None}],
    ],
)
def test_records_are_found_where_servers_put_them(answer: object) -> None:
    text = json.dumps(answer)
    assert georeport.requests(text.encode()) == (READ,)
    assert georeport.requests(b"\xef\xbb\xbf  \n" + text.encode()) == (READ,)
    assert georeport.requests(text.encode("utf-16")) == (READ,)


XML = (
    "<request><service_request_id>638344</service_request_id><status>Closed</status>"
    "<lat>37.7</lat><long>-122.4</long></request>"
)


@pytest.mark.parametrize(
    "text",
    [
        f"<service_requests>{XML}</service_requests>",
        f"\n\n<?xml version='1.0'?><!-- a comment --><service_requests>\n {XML}\n</service_requests>\n",
        XML,
        f"<r:service_requests xmlns:r='urn:x'>{XML.replace('request>', 'r:request>')}</r:service_requests>".replace(
            "service_r:request", "service_request"
        ),
        f"<service_requests type='array'>{XML}<request><status>open</status></request></service_requests>",
    ],
)
def test_xml_is_found_where_servers_put_it(text: str) -> None:
    assert georeport.requests(text.encode()) == (READ,)
    assert georeport.requests(b"\xef\xbb\xbf" + text.encode()) == (READ,)


def declared(encoding: str, name: str) -> str:
    service = f"<service><service_code>1</service_code><service_name>{name}</service_name></service>"
    return f"<?xml version='1.0' encoding='{encoding}'?><services>{service}</services>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "us-ascii"])
def test_declared_encodings_are_read(encoding: str) -> None:
    words = "cafe" if encoding == "us-ascii" else "Straße, café"
    text = declared(encoding, words)
    assert georeport.services(text.encode(encoding))[0].service_name == words


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "GB18030"])
def test_chinese_servers_encodings_are_read(encoding: str) -> None:
    text = declared(encoding, "路灯")
    assert georeport.services(text.encode("gbk"))[0].service_name == "路灯"


@pytest.mark.parametrize(
    "body", [b"[]", b"<services/>", b"<services> \n</services>", b'{"services": []}', b"<services></services>"]
)
def test_an_empty_list_is_one(body: bytes) -> None:
    assert georeport.services(body) == ()


def test_moments_without_a_zone_are_the_servers() -> None:
    body = b'[{"service_request_id": 1, "requested_datetime": "2026-11-28T09:00:00", "updated_datetime": "yesterday"}]'
    (read,) = georeport.requests(body, zone=CHINA)
    assert read.requested_datetime == datetime(2026, 11, 28, 1, tzinfo=UTC) and read.updated_datetime is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-28T01:00:00Z", datetime(2026, 11, 28, 1, tzinfo=UTC)),
        ("2026-11-28T09:00:00.123456789+0800", datetime(2026, 11, 28, 1, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-28 01:00:00", datetime(2026, 11, 28, 1, tzinfo=UTC)),
        ("2026-11-28", datetime(2026, 11, 28, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("1795852800", None),
        ("", None),
    ],
)
def test_moments(text: str, moment: datetime | None) -> None:
    body = json.dumps([{"update_id": 1, "service_request_id": 2, "updated_datetime": text}]).encode()
    assert georeport.updates(body)[0].updated_datetime == moment


@pytest.mark.parametrize(
    ("lat", "long"), [("nan", "0"), ("91", "0"), ("", "5"), ("inf", "inf"), (None, 3), ("N 5", "3")]
)
def test_a_point_that_is_none_is_left_out(lat: object, long: object) -> None:
    (read,) = georeport.requests(json.dumps([{"service_request_id": "a", "lat": lat, "long": long}]).encode())
    assert read.lat is None and read.long is None


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b'[{"code": 404, "description": "no such service"}]', [Fault("404", "no such service")]),
        (b'{"errors": [{"code": "403", "description": "key"}]}', [Fault("403", "key")]),
        (b'{"error": {"code": 500, "message": "sorry"}}', [Fault("500", "sorry")]),
        (b'{"message": "Forbidden"}', [Fault("", "Forbidden")]),
        (b'{"error": "unknown key"}', [Fault("", "unknown key")]),
        (b"<errors><error><code>403</code><description>a</description></error><error><code>1</code></error></errors>",
         [Fault("403", "a"), Fault("1", "")]),
        (b"<error><code>400</code><description>lat</description></error>", [Fault("400", "lat")]),
        (b'{"type": "about:blank", "title": "Not found", "status": 404}', [Fault("404", "Not found")]),
    ],
)  # fmt: skip
def test_refusals_are_understood(body: bytes, faults: list[Fault]) -> None:
    assert list(georeport.errors(body)) == faults
    assert list(refused(georeport.services, body).faults) == faults


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("OPEN", True), ("In Progress", True), ("fixed", False), ("Closed", False), ("x", None), ("", None)],
)
def test_statuses(status: str, is_open: bool | None) -> None:
    assert georeport.stands_open(status) is is_open


def test_a_posted_update_answers_its_id() -> None:
    assert georeport.posted_update(b'[{"update_id": 77}]') == "77"
    xml = b"<service_request_updates><request_update><update_id/></request_update></service_request_updates>"
    assert georeport.posted_update(xml) == ""


# what attackers do, and servers that are out of order ----------------------------------------------------------------

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">]>
<services><service><service_code>&lol2;</service_code></service></services>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><services><service>
<service_code>&x;</service_code></service></services>"""


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (LAUGHS, "doctype"),
        (OUTSIDE, "doctype"),
        (b'<!DOCTYPE services SYSTEM "http://192.0.2.1/x.dtd"><services/>', "doctype"),
        (LAUGHS.decode().encode("utf-16"), "doctype"),
        (b"<services>&undeclared;</services>", "broken"),
        (b"<services><service></services>", "broken"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "encoding"),
        (b"<?xml version='1.0' encoding='utf-7'?><services>+ADw-</services>", "encoding"),
        ("<services>é</services>".encode("latin-1"), "broken"),
        (b"<a>" * 100_000, "deep"),
        (b"<services>" + b"<a/>" * 300_000 + b"</services>", "large"),
        (b"[" * 100_000 + b"]" * 100_000, "deep"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, "deep"),
        (b'[{"service_code":"' + b"a" * georeport.LONGEST + b'"}]', "large"),
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "html"),
        (b"\n<HTML><HEAD><TITLE>Error</TITLE></HEAD></HTML>", "html"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>', "html"),
        (b"502 Bad Gateway", "broken"),
        (b"[{]", "broken"),
        (b'"OK"', "shape"),
        (b"null", "shape"),
        (b'[{"a": "\xff"}]', "encoding"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(read: Callable[[bytes], object], body: bytes, reason: str) -> None:
    assert refused(read, body).reason == reason


@pytest.mark.parametrize("read", READERS[:7])
@pytest.mark.parametrize("body", [b"{}", b"<foo/>", b"<h1>Sorry</h1>", b'[{"a": 1}]', b'{"service": 1}', b"[1, 2]"])
def test_another_answer_than_was_asked_for_is_refused(read: Callable[[bytes], object], body: bytes) -> None:
    assert refused(read, body).reason in {"shape", "refused"}


def test_a_page_within_the_words_is_no_web_page() -> None:
    rows = [{"service_request_id": "1", "description": "<html><body>"}]
    for body in both(rows, "service_requests"):
        assert georeport.requests(body)[0].description == "<html><body>"


@pytest.mark.parametrize("filling", [b"<!---->", b"<?xml?>", b" \n", b"<!--", b"<!-- - -->", b"<?xml ", b"encoding "])
def test_nothing_takes_for_ever(filling: bytes) -> None:
    """Each pattern goes over its text once: with one that tries anew, these would not end."""
    for body in (filling * 500, filling * 500 + b"<services/>", b"<?xml " + filling * 500):
        with suppress(GeoReportError):
            georeport.services(body)


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xff\xfe<")
@example(b'[{"update_id": "\\ud800"}]')
@example(b"<?xml version='1.0' encoding='gbk'?>\xff")
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in READERS:
        try:
            read(body)
        except GeoReportError as refusal:
            assert refusal.reason and str(refusal)


KNOWN = (
    "request service_requests services service errors error code description values service_request_id update_id "
    "service_code attributes attribute status token lat"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KNOWN.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_shape_is_read_or_refused(value: object) -> None:
    for read in READERS:
        try:
            read(json.dumps(value).encode())
        except GeoReportError as refusal:
            assert refusal.reason


# sending -------------------------------------------------------------------------------------------------------------

HERE = Server(base=" https://city.example.org/open311/v2/ ", jurisdiction_id="city.example.org", form="json")
AT = datetime(2026, 11, 28, 9, 0, 0, 999, tzinfo=CHINA)


def test_addresses() -> None:
    root = "https://city.example.org/open311/v2"
    here = "?jurisdiction_id=city.example.org"
    assert HERE.base == root
    assert georeport.services_url(HERE) == f"{root}/services.json{here}"
    assert georeport.service_url(HERE, "a/b c?路") == f"{root}/services/a%2Fb%20c%3F%E8%B7%AF.json{here}"
    assert georeport.requests_url(HERE) == f"{root}/requests.json"
    assert georeport.updates_url(HERE) == f"{root}/servicerequestupdates.json"
    assert georeport.token_url(HERE, "../x") == f"{root}/tokens/..%2Fx.json{here}"
    assert georeport.request_url(Server(base=root), "7", api_key="k&") == f"{root}/requests/7.xml?api_key=k%26"
    assert georeport.request_list_url(Server(base=root), ["1", "2"]) == f"{root}/requests.xml?service_request_id=1%2C2"


def test_the_question_for_updates() -> None:
    asked = urlsplit(georeport.update_list_url(HERE, since=AT, until=AT + timedelta(hours=2), api_key="k"))
    assert asked.path == "/open311/v2/servicerequestupdates.json"
    assert parse_qs(asked.query) == {
        "start_date": ["2026-11-28T01:00:00Z"],
        "end_date": ["2026-11-28T03:00:00Z"],
        "api_key": ["k"],
        "jurisdiction_id": ["city.example.org"],
    }


@pytest.mark.parametrize(
    "base",
    ["", "city.example.org", "ftp://a/b", "https://", "https://a/b?c=d", "https://a/#x", "https://u:p@a/", "file:///etc",
     "https://a b/", "https://a/\nHost: x", "http://[::1", "https://a:99999/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(base: str) -> None:
    with pytest.raises(GeoReportError) as refusal:
        Server(base=base)
    assert refusal.value.reason == "unsent"


def test_fields_of_a_request() -> None:
    fields = georeport.report_fields(
        HERE,
        service_code="roads",
        description="路灯坏了\x00",
        lat=29.887,
        long=-0.00000001,
        attributes={"landmark": "桥头", "kinds": ("a", "b"), "none": ""},
        api_key="k",
    )
    assert fields == (
        ("api_key", "k"),
        ("jurisdiction_id", "city.example.org"),
        ("service_code", "roads"),
        ("lat", "29.887"),
        ("long", "-0"),
        ("description", "路灯坏了"),
        ("attribute[landmark]", "桥头"),
        ("attribute[kinds][]", "a"),
        ("attribute[kinds][]", "b"),
    )
    assert tuple(parse_qsl(georeport.form_body(fields).decode())) == fields


@pytest.mark.parametrize(
    "place", [{}, {"lat": 1.0}, {"long": 1.0, "address_string": "a"}, {"lat": float("nan"), "long": 1.0}]
)
def test_a_request_without_a_place_is_not_sent(place: dict[str, Any]) -> None:
    with pytest.raises(GeoReportError):
        georeport.report_fields(HERE, service_code="a", description="b", **place)


def test_fields_of_an_update() -> None:
    fields = georeport.update_fields(
        HERE,
        service_request_id="9",
        update_id="u1",
        status="in progress",
        updated_datetime=AT,
        description="又黑了",
        media_urls=("https://a/1", "https://a/2"),
        api_key="secret",
    )
    assert fields == (
        ("api_key", "secret"),
        ("jurisdiction_id", "city.example.org"),
        ("service_request_id", "9"),
        ("update_id", "u1"),
        ("updated_datetime", "2026-11-28T01:00:00Z"),
        ("status", "IN_PROGRESS"),
        ("description", "又黑了"),
        ("media_url", "https://a/1"),
        ("media_url", "https://a/2"),
    )
    with pytest.raises(GeoReportError):
        georeport.as_moment(AT.replace(tzinfo=None))
