"""Other systems are told of facts: signed, repeated until taken, never words, never an address inside."""

import hashlib
import hmac
import json
import socket
import threading
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from pianqu.foundation import posting
from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.models import Account
from pianqu.foundation.tests.traces import traces
from pianqu.rooms.casework import services as casework
from pianqu.rooms.casework.tests.builders import clerk, dispatched, importer, opened
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.notices import jobs, queries, readers, services
from pianqu.rooms.notices.models import Call, Notice, Webhook
from pianqu.rooms.notices.templatetags.notices import said
from pianqu.rooms.notices.tests.conftest import at_home
from pianqu.rooms.notices.tests.test_sending import administrator

OPENED = "casework.case-opened"


@dataclass
class System:
    """Another system that listens: what it got, and what it answers."""

    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    """A status, or `hang`, `drip`, or `endless`: a status, and no end of the answer."""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    inside: list[str] = field(default_factory=list)
    """What came to the door that a redirection names."""


class Door(BaseHTTPRequestHandler):
    here: System

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/inside":
            self.here.inside.append(self.path)
        self.here.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        answer = self.here.answers.pop(0) if self.here.answers else 204
        if answer == "endless":
            self.send_response(200)
            self.end_headers()
        if isinstance(answer, str):
            return self.dawdle(drips=answer != "hang")
        self.send_response(answer)
        if answer == 302:
            self.send_header("Location", "/inside")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def dawdle(self, *, drips: bool) -> None:
        while not self.here.over.wait(0.05):
            if drips:
                self.wfile.write(b"H")
        self.close_connection = True

    def do_GET(self) -> None:
        self.here.inside.append(self.path)
        self.send_error(404)

    def log_message(self, *_words: object) -> None:
        """Quiet."""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    here = System()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnDoor", (Door,), {"here": here}))
    server.block_on_close = False
    here.url = f"http://127.0.0.1:{server.server_address[1]}/hook?from=pianqu"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with at_home(tmp_path, webhook_networks=("127.0.0.0/8",)):
        yield here
    here.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def added(url: str, kinds: tuple[str, ...] = (OPENED,)) -> str:
    now = timezone.now()
    return services.add_webhook(actor=administrator(), name="统计平台", url=url, kinds=kinds, now=now)


def hear() -> None:
    while ledger.seal(now=timezone.now()):
        pass
    while ledger.deliver(reader=readers.WEBHOOKS, to=readers.tell_systems):
        pass


def call(after: timedelta = timedelta(0)) -> int:
    return jobs.call_systems(actor=importer("330205"), clock=lambda: timezone.now() + after)


def test_it_is_told_what_it_asked_for_signed_and_without_words(system: System) -> None:
    opened(words="不该出去的话")
    hear()
    secret = added(system.url)
    case = opened(words="不该出去的话", contact="13912345678")
    dispatched()
    hear()
    call()
    assert len(system.got) == 2, "what came before, and what was not asked for, is not told"
    headers, body = system.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(secret.removeprefix("whsec_"))
    right = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    told = json.loads(body)
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert told["type"] == OPENED and told["subject"] == f"case:{case.case_id}" and told["specversion"] == "1.0"
    assert told["id"] == str(told["data"]["position"]) and told["source"].endswith("/open/ledger/")
    assert set(told) == {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}
    assert set(told["data"]) == {"position", "organisation"}
    text = b"".join(one for _headers, one in system.got).decode()
    assert "不该出去的话" not in text and not traces(text, "13912345678", codes=[case.case_code])
    assert call() == 0, "once"


def test_it_is_repeated_until_it_is_taken(system: System) -> None:
    system.answers = [500, 503, 302]
    added(system.url)
    opened()
    hear()
    for minutes in (0, 2, 10, 50):
        call(timedelta(minutes=minutes))
    assert len(system.got) == 4 and len({headers["webhook-id"] for headers, _body in system.got}) == 1
    assert Call.objects.get().state == "sent"
    assert queries.webhooks_for(administrator())[0].trouble == ""


def test_gone_is_gone_and_enough_is_enough(system: System) -> None:
    system.answers = [410]
    added(system.url)
    opened()
    hear()
    call()
    assert Call.objects.get().state == "failed"
    system.answers = [500] * 12
    opened()
    hear()
    for day in range(12):
        call(timedelta(days=day))
    assert Call.objects.filter(state="failed").count() == 2 and len(system.got) == 10
    card = queries.webhooks_for(administrator())[0]
    assert (card.failed, card.waiting, card.trouble) == (2, 0, "answer 500")


def test_what_failed_is_told_again_when_an_administrator_says_so(system: System) -> None:
    system.answers = [410]
    added(system.url)
    (card,) = queries.webhooks_for(administrator())
    opened()
    hear()
    call()
    now = timezone.now()
    with pytest.raises(Forbidden):
        services.retry_webhook(actor=clerk(), webhook_id=card.webhook_id, now=now)
    assert services.retry_webhook(actor=administrator(), webhook_id=card.webhook_id, now=now) == 1
    call()
    assert Call.objects.get().state == "sent" and len({headers["webhook-id"] for headers, _body in system.got}) == 1
    with pytest.raises(Refused):
        services.retry_webhook(actor=administrator(), webhook_id=card.webhook_id, now=now)
    assert history.history(f"webhook:{card.webhook_id}")[-1].kind == "notices.webhook-retried"


def test_after_a_day_out_of_order_it_hears_everything_once_and_in_the_ledgers_order(system: System) -> None:
    added(system.url)
    for _number in range(30):
        opened()
    hear()
    minutes = 0
    while minutes < 24 * 60:
        system.answers = [500]
        call(timedelta(minutes=minutes))
        minutes += 5
    refused = len(system.got)
    assert 5 <= refused <= 8, "it is not hammered: one call tries for all that wait behind it"
    system.answers, system.got[:] = [], []
    while minutes < 4 * 24 * 60:
        call(timedelta(minutes=minutes))
        minutes += 60
    positions = [json.loads(body)["data"]["position"] for _headers, body in system.got]
    assert len(positions) == 30 and positions == sorted(set(positions))


def told(system: System) -> list[int]:
    return [json.loads(body)["data"]["position"] for _headers, body in system.got]


def test_what_happens_after_a_message_that_waits_waits_behind_it(system: System) -> None:
    added(system.url)
    opened()
    hear()
    system.answers = [500]
    assert call() == 1
    opened()
    opened()
    hear()
    assert call() == 0, "a new fact does not ask a system that is out of order"
    assert call(timedelta(minutes=2)) == 3
    first, *rest = told(system)
    assert rest[0] == first and rest == sorted(rest) and len(rest) == 3


def test_on_a_busy_day_a_system_out_of_order_is_asked_with_growing_pauses_only(system: System) -> None:
    added(system.url)
    system.answers = [500] * 300
    asked, seen = [], 0
    for minute in range(0, 26 * 60, 10):
        opened()
        hear()
        call(timedelta(minutes=minute))
        if len(system.got) > seen:
            asked.append(minute)
            seen = len(system.got)
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert seen == len(asked) <= 8 and pauses == sorted(pauses) and len(set(told(system))) == 1
    system.answers, system.got[:] = [], []
    while call(timedelta(days=3)):
        pass
    assert len(told(system)) == 156 and told(system) == sorted(set(told(system))), "nothing lost, in order"


def test_the_pauses_grow_on_when_a_message_has_failed_for_good(system: System) -> None:
    system.answers = [500] * 60
    added(system.url)
    opened()
    hear()
    for day in range(9):
        call(timedelta(days=day))
    assert Call.objects.get().state == "failed"
    opened()
    hear()
    assert call(timedelta(days=8, hours=23)) == 0, "what comes later does not begin with short pauses"
    assert call(timedelta(days=9, hours=1)) == 1 and Call.objects.filter(state="waiting").count() == 1


def test_one_that_is_taken_up_is_taken_up_by_nobody_else(system: System) -> None:
    added(system.url)
    opened()
    opened()
    hear()
    hook, now = Webhook.objects.get(), timezone.now()
    first = jobs._taken_up(hook, now)
    assert first is not None and jobs._taken_up(hook, now) is None
    again = jobs._taken_up(hook, now + jobs.UNDER_WAY)
    assert again is not None and again.id == first.id, "a crash in between: the same again"


def test_one_out_of_order_holds_up_no_other(system: System) -> None:
    added(system.url)
    added("http://127.0.0.1:9/nobody")
    for _number in range(5):
        opened()
    hear()
    assert call() == 6 and len(told(system)) == 5


def test_administrators_hear_once_that_a_system_takes_nothing_and_that_it_does_again(system: System) -> None:
    added(system.url)
    opened()
    hear()
    system.answers = [500] * 6
    for minutes in (0, 2, 10, 60):
        call(timedelta(minutes=minutes))
    (card,) = queries.webhooks_for(administrator())
    assert card.silent_since and card.next_try_at and card.next_try_at - card.silent_since > timedelta(hours=2)
    subject = f"webhook:{card.webhook_id}"
    assert [item.kind for item in history.history(subject)] == ["notices.webhook-added"]
    for hours in (5, 6, 12):
        call(timedelta(hours=hours))
    assert [item.kind for item in history.history(subject)][1:] == ["notices.webhook-silent"]
    system.answers = []
    later = timedelta(hours=13)
    assert services.retry_webhook(actor=administrator(), webhook_id=card.webhook_id, now=timezone.now() + later) == 1
    call(later)
    assert [item.kind for item in history.history(subject)][-1] == "notices.webhook-back"
    (card,) = queries.webhooks_for(administrator())
    assert (card.silent_since, card.next_try_at, card.trouble, card.sent) == (None, None, "", 1)
    hear()
    while ledger.deliver(reader=readers.INBOX, to=readers.hear):
        pass
    lines = Notice.objects.filter(kind__startswith="webhook-", organisation_code="330205-centre").order_by("position")
    assert [(line.kind, line.urgent) for line in lines] == [("webhook-silent", True), ("webhook-back", False)]


@pytest.mark.parametrize("manner", ["hang", "drip"])
def test_one_that_never_answers_holds_up_nobody(system: System, manner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "post_bytes", partial(posting.post_bytes, timeout=0.3, whole=0.6))
    added(system.url)
    for _number in range(5):
        opened()
    hear()
    system.answers = [manner]
    started = monotonic()
    assert call() == 1, "the calls behind it wait"
    assert monotonic() - started < 5
    assert set(Call.objects.values_list("state", flat=True)) == {"waiting"}
    assert Call.objects.exclude(outcome="").get().outcome.startswith("no answer")
    system.over.set()
    assert call(timedelta(minutes=2)) == 5 and set(Call.objects.values_list("state", flat=True)) == {"sent"}


def test_what_is_taken_is_taken_however_long_the_answer_goes_on(system: System) -> None:
    added(system.url)
    opened()
    hear()
    system.answers = ["endless"]
    assert call() == 1 and Call.objects.get().state == "sent"
    system.over.set()


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        ("answer 500", "500"),
        ("answer 302", "not followed"),
        ("answer 410", "no more"),
        ("no answer: TimeoutError", "in time"),
        ("address not found or not allowed", "nothing may be sent"),
        ("settled: again", "settled: again"),
    ],
)
def test_what_became_of_a_try_is_said_in_words(outcome: str, word: str) -> None:
    with override("en"):
        assert word in said(outcome)


def test_a_redirection_is_not_followed_wherever_it_leads(system: System) -> None:
    system.answers = [302]
    added(system.url)
    opened()
    hear()
    call()
    assert system.inside == [] and Call.objects.get().outcome == "answer 302"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.8"]]
)
def test_a_name_that_leads_inside_is_not_reached(
    addresses: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(posting.socket, "getaddrinfo", lambda *_args, **_more: found)
    with at_home(tmp_path):
        assert posting.address_of("https://system.example/hook") == ""


def test_an_address_inside_is_never_reached(system: System, tmp_path: Path) -> None:
    added(system.url)
    opened()
    hear()
    with at_home(tmp_path, webhook_networks=()):  # the operator named no network
        call()
    assert system.got == [] and Call.objects.get().outcome == "address not found or not allowed"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "system.example",
        "ftp://system.example/",
        "https://",
        "https://me@system.example/",
        "https://x:0/",
        "https://x:99999/",
        "https://system.example/a b",
        "https://system.example/\r\nX: y",
        "https://system.example/钩子",
    ],
)
def test_what_is_no_address_is_said(system: System, url: str) -> None:
    with pytest.raises(Invalid):
        added(url)


def test_plain_http_needs_a_network_that_the_operator_named(tmp_path: Path) -> None:
    with at_home(tmp_path), pytest.raises(Invalid):
        added("http://system.example/hook")


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "https://10.0.0.1/", "https://[::1]/", "https://localhost/hook"]
)
def test_an_address_that_can_never_be_reached_is_not_added(tmp_path: Path, url: str) -> None:
    with at_home(tmp_path):
        with pytest.raises(Invalid) as refused:
            added(url)
        added("https://system.example/hook")
    assert refused.value.code == "webhook-url" and Webhook.objects.count() == 1
    with at_home(tmp_path, webhook_networks=("10.0.0.0/8",)):
        added("http://10.0.0.1/hook")


def test_every_kind_stands_under_one_subject_and_a_subject_is_chosen_whole(client: Client) -> None:
    groups = queries.webhook_groups()
    listed = [kind for kinds in groups.values() for kind in kinds]
    assert sorted(listed) == sorted(queries.webhook_kinds()) and all(groups.values())
    assert OPENED in groups["matters"] and "casework.task-done" in groups["dispatch"]
    client.force_login(Account.objects.get(id=administrator().account_id))
    typed = {"name": "市平台", "url": "https://system.example/hook", "groups": ["causes"], "kinds": [OPENED]}
    assert client.post("/desk/notices/webhooks/", typed).status_code == 200
    assert set(Webhook.objects.get().kinds) == {OPENED, *groups["causes"]}
    wrong = client.post("/desk/notices/webhooks/", {**typed, "url": "https://10.0.0.1/"})
    page = wrong.content.decode()
    assert wrong.status_code == 422 and 'aria-describedby="url-error"' in page and 'value="causes" checked' in page


def test_who_may_not_may_not(system: System) -> None:
    now = timezone.now()
    with pytest.raises(Forbidden):
        services.add_webhook(actor=clerk(), name="x", url=system.url, kinds=(OPENED,), now=now)
    with pytest.raises(Forbidden):
        queries.webhooks_for(clerk())
    for name, kinds in (("", (OPENED,)), ("x", ()), ("x", ("ledger.personal-data-read",))):
        with pytest.raises(Invalid):
            services.add_webhook(actor=administrator(), name=name, url=system.url, kinds=kinds, now=now)


def test_it_ends_when_it_is_dropped_and_the_ledger_says_both(system: System) -> None:
    secret = added(system.url)
    (card,) = queries.webhooks_for(administrator())
    opened()
    hear()
    services.drop_webhook(actor=administrator(), webhook_id=card.webhook_id, now=timezone.now())
    with pytest.raises(Refused):
        services.drop_webhook(actor=administrator(), webhook_id=card.webhook_id, now=timezone.now())
    opened()
    hear()
    call()
    assert system.got == [] and queries.webhooks_for(administrator()) == ()
    told: list[Any] = history.history(f"webhook:{card.webhook_id}")
    assert [item.kind for item in told] == ["notices.webhook-added", "notices.webhook-dropped"]
    assert told[0].fact["host"] == "127.0.0.1" and secret not in json.dumps(told[0].fact)


def test_a_replay_tells_nothing_again(system: System) -> None:
    added(system.url)
    opened()
    hear()
    call()
    ledger.replay(reader=readers.WEBHOOKS, forget=readers.keep)
    Call.objects.all().delete()
    hear()
    assert call() == 0 and len(system.got) == 1


def test_nobody_knows_this_id() -> None:
    with pytest.raises(Refused):
        services.drop_webhook(actor=administrator(), webhook_id=uuid.uuid4(), now=timezone.now())


def test_what_is_about_a_person_or_a_post_is_told_to_no_system(system: System) -> None:
    assert not queries.OF_PERSONS & set(queries.webhook_kinds()) and set(REGISTRY) >= queries.OF_PERSONS
    with pytest.raises(Invalid):
        added(system.url, kinds=("casework.reporter-forgotten",))
    added(system.url)
    Webhook.objects.update(kinds=[OPENED, "casework.filter-saved"])  # chosen before it could not be
    opened()
    casework.save_filter(actor=clerk(), name="道路", query="category=roads", now=timezone.now())
    hear()
    assert [call.kind for call in Call.objects.all()] == [OPENED]
