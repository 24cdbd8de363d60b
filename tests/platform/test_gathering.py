"""The ledger asks its witnesses: real ones over HTTP, and those that are dead, slow, lying or ahead."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from time import sleep
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.composition.witness import home
from pianqu.composition.witness.app import Application
from pianqu.foundation import guard
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys
from pianqu.kernels import merkle, policy
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner, cosigned
from pianqu.kernels.note import CheckpointBody, Signer
from pianqu.rooms.ledger import jobs, queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.jobs.gathering import LONGEST_PAUSE, MOST_CONFLICTS, STANDS, TIMEOUT
from pianqu.rooms.ledger.models import Checkpoint, Cosignature, Entry, Policy, Witness
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted

pytestmark = pytest.mark.django_db(transaction=True)
Server = Callable[[dict[str, Any], Any], Any]


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def served(application: Server) -> Iterator[str]:
    """The address of a server that runs until the block ends."""
    with make_server("127.0.0.1", 0, application, _Threads, _Quiet) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Outside:
    """Witnesses as other organisations run them; each stands in the policy under its name."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.lines: list[str] = []

    def witness(self, name: str) -> Application:
        """A real one."""
        vkey = queries.log().vkey
        found = home.prepare(self.folder / name, name=f"{name}.example", logs=[vkey])
        application = Application(found)
        self.put(name, found.cosigner, application)
        return application

    def put(self, name: str, cosigner: Cosigner, application: Server | None) -> None:
        """One that answers so; None: one that nobody can reach."""
        url = self._stack.enter_context(served(application)) if application else "http://127.0.0.1:9"
        self.lines.append(f"witness {name} {cosigner.witness.vkey} {url}")

    def adopt(self, *rule: str) -> None:
        services.adopt_policy(actor=SYSTEM, text="\n".join([*self.lines, *rule, ""]), now=NOW)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    services.create_log(now=NOW)
    with ExitStack() as stack:
        yield Outside(tmp_path, stack)


def key(number: int, name: str = "w") -> Cosigner:
    return Cosigner.from_seed(f"{name}{number}.example", bytes([number]) * 32)


def grown(many: int = 1) -> None:
    note_down(*[noted(number) for number in range(many)])
    while services.seal(now=timezone.now()):
        pass


def gathered(gatherer: Gatherer) -> None:
    """Turns until nothing more comes at once."""
    while gatherer.gather():
        pass


def settled(gatherer: Gatherer) -> None:
    """Turns until every answer has come, late ones too. An answer may come within the very turn that asked for it, and lead to
    another question in the next one, as often as conflicts are borne."""
    until, idle = timezone.now() + timedelta(seconds=20), 0
    while idle < MOST_CONFLICTS + 3 and timezone.now() < until:
        gatherer.gather()
        idle = 0 if gatherer.is_asking else idle + 1
        sleep(0.02)


def says(status: int, body: bytes = b"", kind: str = "text/plain", *, after_s: float = 0) -> Server:
    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        sleep(after_s)
        start_response(f"{status} Said", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def trouble_of(name: str) -> str:
    return {card.name: card.trouble for card in queries.witnesses()}[name]


# a quorum ------------------------------------------------------------------------------------------------------------


def test_a_receipt_is_witnessed_once_the_quorum_has_signed(outside: Outside) -> None:
    for name in ("justice", "audit", "council"):
        outside.witness(name)
    outside.adopt("group departments any justice audit", "group all all departments council", "quorum all")
    entry_id = note_down(noted(1))[0].entry_id
    services.seal(now=timezone.now())
    before = queries.receipt_for(entry_id)
    assert (before.stage, before.awaits_witnesses, before.witnesses) == ("sealed", True, ())
    settled(Gatherer(timezone.now))
    after = queries.receipt_for(entry_id)
    assert (after.stage, after.awaits_witnesses) == ("witnessed", False)
    assert set(after.witnesses) == {"justice", "audit", "council"}
    assert after.text is not None
    rule = policy.parse(queries.policy_text().encode())
    judged = rule.judge(after.text.partition("\n\n")[2])
    assert judged.holds and set(judged.times) == {"justice", "audit", "council"}


def test_the_log_grows_and_every_checkpoint_is_signed_by_all(outside: Outside) -> None:
    for name in ("a", "b", "c"):
        outside.witness(name)
    outside.adopt("group g all a b c", "quorum g")
    gatherer = Gatherer(timezone.now)
    for many in (1, 300, 2, 700):
        grown(many)
        gathered(gatherer)
    sizes = list(Checkpoint.objects.filter(witnessed_at__isnull=False).order_by("size").values_list("size", flat=True))
    assert sizes[-4:] == [2, 302, 304, 1004]  # the policy's own entry is the first
    for size in sizes:
        assert Cosignature.objects.filter(checkpoint_id=size).count() == 3
    assert {(card.size, card.behind, card.trouble) for card in queries.witnesses()} == {(1004, 0, "")}


def test_nobody_waits_for_a_dead_witness(outside: Outside) -> None:
    outside.witness("a")
    outside.put("dead", key(1), None)
    outside.adopt("group g any a dead", "quorum g")
    grown()
    gathered(Gatherer(timezone.now))
    seen = queries.witnessed()
    assert seen is not None and seen.size == queries.sealed_size()
    gathered(Gatherer(timezone.now))
    assert trouble_of("dead") == "unreachable" and trouble_of("a") == ""


def test_a_slow_witness_delays_its_own_line_only(outside: Outside) -> None:
    slow = key(2)

    def answers(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        sleep(0.8)
        text = body.partition("\n\n")[2].rpartition("\n\n")[0] + "\n"
        line = slow.cosign(text, 1_800_000_000).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(line)))])
        return [line]

    outside.witness("a")
    outside.put("slow", slow, answers)
    outside.adopt("quorum a")
    gatherer = Gatherer(timezone.now)
    grown()
    began = timezone.now()
    gatherer.gather()
    assert queries.witnessed() is not None
    assert timezone.now() - began < timedelta(seconds=0.7)
    size = queries.sealed_size()
    assert queries.cosigned_by(size) == {"a"}
    grown()
    gathered(gatherer)
    sleep(0.6)
    settled(gatherer)
    assert queries.cosigned_by(size) == {"a", "slow"}, "who answers late is written down all the same"


def test_a_witness_that_hangs_is_not_said_to_have_answered(outside: Outside, client: Client) -> None:
    def hangs(environ: dict[str, Any], start_response: Any) -> Any:
        sleep(TIMEOUT + 0.5)
        return says(200)(environ, start_response)

    outside.put("hung", key(2), hangs)
    outside.adopt("quorum none")
    gatherer = Gatherer(timezone.now)
    grown()
    gatherer.gather()
    sleep(TIMEOUT)
    settled(gatherer)
    assert trouble_of("hung") == "silent"
    page = client.get("/open/ledger/", headers={"host": "localhost", "accept-language": "en"}).content.decode()
    assert "did not answer in time" in page


def test_without_a_quorum_outsiders_are_shown_what_there_is(outside: Outside, client: Client) -> None:
    outside.witness("a")
    outside.put("dead", key(1), None)
    outside.adopt("group g all a dead", "quorum g")
    grown()
    gathered(Gatherer(timezone.now))
    assert queries.witnessed() is None
    shown = client.get("/open/ledger/checkpoint", headers={"host": "localhost"}).content.decode()
    assert CheckpointBody.decode(shown.rpartition("\n\n")[0] + "\n").size == queries.sealed_size()
    known = [one.witness for one in queries.policy().witnesses]
    assert [witness.name for witness in cosigned(shown, known)] == ["a.example"]
    entry_id = Entry.objects.values_list("id", flat=True).latest("recorded_at")
    assert queries.receipt_for(entry_id).stage == "sealed"


def test_a_witness_that_comes_back_signs_the_newest(outside: Outside) -> None:
    down = [True]
    real = Application(home.prepare(outside.folder / "b", name="b.example", logs=[queries.log().vkey]))

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        return (says(503) if down[0] else real)(environ, start_response)

    outside.witness("a")
    outside.put("b", home.read(outside.folder / "b").cosigner, answer)
    outside.adopt("group g all a b", "quorum g")
    clock = [timezone.now()]
    gatherer = Gatherer(lambda: clock[0])
    for _growth in range(3):
        grown()
        settled(gatherer)
    assert queries.witnessed() is None and trouble_of("b") == "stopped"
    down[0] = False
    settled(gatherer)
    assert queries.witnessed() is None, "it is given a rest after each failure"
    clock[0] += LONGEST_PAUSE
    settled(gatherer)
    seen = queries.witnessed()
    assert seen is not None and seen.size == queries.sealed_size() and trouble_of("b") == ""


def test_another_process_goes_on_where_one_was_killed(outside: Outside) -> None:
    """The witness has signed, and nobody wrote it down: it is asked anew, from what it says."""
    outside.witness("a")
    outside.adopt("quorum a")
    grown(3)
    gathered(Gatherer(timezone.now))
    Cosignature.objects.all().delete()
    Witness.objects.all().delete()
    Checkpoint.objects.update(witnessed_at=None, policy=None)
    assert queries.witnessed() is None
    gathered(Gatherer(timezone.now))
    seen = queries.witnessed()
    assert seen is not None and seen.size == queries.sealed_size()


def test_it_is_asked_for_a_sign_of_life(outside: Outside) -> None:
    outside.witness("a")
    outside.adopt("quorum a")
    clock = [timezone.now()]
    gatherer = Gatherer(lambda: clock[0])
    grown()
    gathered(gatherer)
    first = queries.witnesses()[0].heard_at
    clock[0] += STANDS / 2
    gathered(gatherer)
    assert queries.witnesses()[0].heard_at == first
    clock[0] += STANDS
    settled(gatherer)
    assert queries.witnesses()[0].heard_at == clock[0]


# what goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (says(404, b"this witness does not know this log"), "unknown"),
        (says(403, b"no known key has signed"), "refused"),
        (says(422, b"the proof leads to other roots"), "forked"),
        (says(503, b"its clock is wrong"), "stopped"),
        (says(200, b"<html>welcome</html>"), "unsigned"),
        (says(200, key(8, "other").cosign("text\n", 1).encode()), "unsigned"),
        (says(200, b"\xff\xfe\x00"), "unsigned"),
        (says(409, b"many\n", "text/x.tlog.size"), "unclear"),
        (says(409, b"0\n", "text/x.tlog.size"), "unclear"),
        (says(409, b"99999999\n", "text/x.tlog.size"), "ahead"),
    ],
)
def test_what_a_witness_says_instead_is_shown(outside: Outside, answer: Server, trouble: str) -> None:
    outside.put("odd", key(3), answer)
    outside.witness("a")
    outside.adopt("group g any odd a", "quorum g")
    grown()
    settled(Gatherer(timezone.now))
    assert trouble_of("odd") == trouble
    seen = queries.witnessed()
    assert seen is not None and seen.size == queries.sealed_size()
    grown()
    assert services.seal(now=timezone.now()) == 0 and not queries.status().trouble, "nobody stops the ledger by a word"


def test_a_signature_of_another_text_is_none(outside: Outside) -> None:
    liar = key(4)
    outside.put("liar", liar, says(200, liar.cosign("another\n1\ntext\n", 1_800_000_000).encode()))
    outside.adopt("quorum liar")
    grown()
    gathered(Gatherer(timezone.now))
    assert queries.witnessed() is None and trouble_of("liar") == "unsigned"
    assert not Cosignature.objects.exists()


@pytest.mark.parametrize(
    "stated",
    [
        datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
        -timedelta(hours=5),
        timedelta(hours=5),
    ],
)
def test_a_witness_with_a_wrong_clock_is_named_and_counts(outside: Outside, client: Client, stated: Any) -> None:
    """Its signature says what it saw; only its time is of no use, and everybody may see that."""
    at = timezone.now() + stated if isinstance(stated, timedelta) else stated
    odd = key(5)
    outside.put("odd", odd, signs_with(odd, at=int(at.timestamp())))
    outside.witness("a")
    outside.adopt("group g all odd a", "quorum g")
    grown()
    settled(Gatherer(timezone.now))
    seen = queries.witnessed()
    assert seen is not None and seen.size == queries.sealed_size()
    assert (trouble_of("odd"), trouble_of("a")) == ("clock", "")
    shown = client.get("/open/ledger/", headers={"host": "localhost"}).content.decode()
    assert "它的钟不准" in shown


@pytest.mark.parametrize("at", [2**62, 253_402_300_799])
def test_a_time_beyond_all_calendars_is_no_signature(outside: Outside, client: Client, at: int) -> None:
    """The last second of the year 9999 is none either: east of London it lies in a year that no calendar has."""
    odd = key(5)
    outside.put("odd", odd, signs_with(odd, at=at))
    outside.adopt("quorum odd")
    grown()
    settled(Gatherer(timezone.now))
    assert queries.witnessed() is None and trouble_of("odd") == "unsigned"
    assert client.get("/open/ledger/", headers={"host": "localhost"}).status_code == 200


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://w.example:99999", "http://w\u00e4\u3002" + "x" * 70 + ".example"]
)
def test_an_address_from_before_they_were_checked_stops_nobody_else(outside: Outside, url: str) -> None:
    outside.witness("a")
    text = "\n".join([*outside.lines, f"witness b {key(5).witness.vkey} {url}", "quorum a", ""])
    with guard.lifted("adopted by an earlier version"):
        Policy.objects.create(text=text, adopted_at=NOW)
    queries.forget_policy()
    grown()
    settled(Gatherer(timezone.now))
    assert queries.witnessed() is not None
    assert (trouble_of("a"), trouble_of("b")) == ("", "unreachable")
    jobs.look_around(actor=SYSTEM, clock=timezone.now)


def test_a_witness_that_signs_with_two_keys_counts_by_the_one_that_was_named(outside: Outside) -> None:
    odd, second = key(5), key(6)
    now = int(timezone.now().timestamp())
    outside.put("both", odd, signs_with(second, odd, at=now))
    outside.put("only", key(7), signs_with(second, at=now))
    outside.adopt("group g any both only", "quorum g")
    grown()
    settled(Gatherer(timezone.now))
    assert queries.cosigned_by(queries.sealed_size()) == {"both"}
    assert (trouble_of("both"), trouble_of("only")) == ("", "unsigned")


# two keys of one witness ---------------------------------------------------------------------------------------------

LONG = Cosigner.from_seed("both.example", bytes([77]) * 32, ML_DSA_44)
SHORT = Cosigner.from_seed("both.example", bytes([78]) * 32)


class Counted:
    """A witness that signs with what it has at that moment, and knows how often it was asked."""

    def __init__(self, *keys: Cosigner) -> None:
        self.keys, self.asked = list(keys), 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked += environ["REQUEST_METHOD"] == "POST"
        return signs_with(*self.keys, at=int(timezone.now().timestamp()))(environ, start_response)


def two_keys(outside: Outside, server: Server, *rule: str) -> None:
    outside.put("short", SHORT, server)
    url = outside.lines[-1].rpartition(" ")[2]
    outside.lines.append(f"witness long {LONG.witness.vkey} {url}/")
    outside.adopt(*rule)


def test_a_witness_with_two_keys_is_asked_once_and_both_its_lines_are_kept(outside: Outside, client: Client) -> None:
    server = Counted(SHORT, LONG)
    two_keys(outside, server, "group g all short long", "quorum g")
    grown(3)
    gathered(Gatherer(timezone.now))
    assert server.asked == 1
    seen = queries.witnessed()
    assert seen is not None and seen.witnesses == ("short", "long")
    assert set(cosigned(seen.text, [SHORT.witness, LONG.witness])) == {SHORT.witness, LONG.witness}
    assert {row.vkey for row in Cosignature.objects.all()} == {SHORT.witness.vkey, LONG.witness.vkey}
    assert [(one.kind, one.key_name, one.behind) for one in queries.witnesses()] == [
        ("Ed25519", "both.example", 0),
        ("ML-DSA-44", "both.example", 0),
    ]
    page = client.get("/open/ledger/", headers={"host": "localhost", "accept-language": "en"}).content.decode()
    assert "1 / 1" in page and 'needed: <span dir="auto" lang="en">g</span><' in page and "short and long" not in page
    assert LONG.witness.told in page and f'data-copy="{LONG.witness.vkey}"' in page
    told = client.get("/api/v1/ledger/witnesses", headers={"host": "localhost"}).json()
    assert [one["vkey"] for one in told["witnesses"]] == [SHORT.witness.vkey, LONG.witness.vkey]


def test_a_key_that_signs_no_more_holds_up_only_itself(outside: Outside) -> None:
    server = Counted(SHORT)
    two_keys(outside, server, "group g any short long", "quorum g")
    gatherer = Gatherer(timezone.now)
    grown()
    settled(gatherer)
    first = queries.sealed_size()
    assert (trouble_of("short"), trouble_of("long")) == ("", "unsigned")
    assert Witness.objects.get(vkey=LONG.witness.vkey).size == 0
    settled(gatherer)
    assert server.asked == 1, "what was answered is not asked for all the time"
    server.keys.append(LONG)
    grown()
    settled(gatherer)
    assert queries.cosigned_by(queries.sealed_size()) == {"short", "long"} and queries.cosigned_by(first) == {"short"}
    assert Witness.objects.get(vkey=LONG.witness.vkey).trouble == ""


def test_a_second_key_is_asked_for_as_soon_as_the_policy_names_it(outside: Outside) -> None:
    server = Counted(SHORT, LONG)
    outside.put("short", SHORT, server)
    outside.adopt("quorum short")
    gatherer = Gatherer(timezone.now)
    grown()
    settled(gatherer)
    url = outside.lines[-1].rpartition(" ")[2]
    outside.lines.append(f"witness long {LONG.witness.vkey} {url}")
    outside.adopt("group g all short long", "quorum g")
    settled(gatherer)
    seen = queries.witnessed()
    assert seen is not None and seen.witnesses == ("short", "long")


def test_a_long_key_in_a_policy_leaves_a_small_fact(outside: Outside) -> None:
    two_keys(outside, Counted(SHORT, LONG), "group g any short long", "quorum g")
    (fact,) = [item for item in queries.history("ledger:policy") if item.kind == "ledger.policy-adopted"]
    assert fact.fact["witnesses"] == [SHORT.witness.vkey, LONG.witness.told]
    shown = policy.parse(queries.policy_text().encode())
    assert [one.witness for one in shown.witnesses] == [SHORT.witness, LONG.witness]


def signs_with(*cosigners: Cosigner, at: int) -> Server:
    """A witness that signs whatever it is asked, states this time, and keeps nothing."""

    def answers(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        text = body.partition("\n\n")[2].rpartition("\n\n")[0] + "\n"
        lines = "".join(one.cosign(text, at) for one in cosigners).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(lines)))])
        return [lines]

    return answers


def test_a_policy_that_nobody_alive_can_satisfy_is_shown_as_stalled(outside: Outside, client: Client) -> None:
    """Receipts stay sealed, the ledger goes on, and the page says since when it waits."""
    outside.witness("a")
    outside.put("dead", key(1), None)
    outside.adopt("group g all a dead", "quorum g")
    entry_id = note_down(noted(1))[0].entry_id
    services.seal(now=timezone.now())
    clock = [timezone.now()]
    gatherer = Gatherer(lambda: clock[0])
    for _turn in range(3):
        settled(gatherer)
        clock[0] += LONGEST_PAUSE
        grown()
    assert queries.verdict(now=timezone.now()).word == "unwitnessed"
    assert queries.verdict(now=timezone.now() + timedelta(minutes=2)).word == "stalled"
    state = queries.receipt_for(entry_id)
    assert (state.stage, state.awaits_witnesses) == ("sealed", True) and state.text is not None
    Checkpoint.objects.update(sealed_at=timezone.now() - timedelta(minutes=2))
    shown = client.get("/open/ledger/", headers={"host": "localhost"}).content.decode()
    assert "见证滞后" in shown


def _signed_elsewhere(size: int) -> str:
    """A larger tree with this ledger's own signature, as it stood before a backup was restored."""
    card = queries.log()
    body = CheckpointBody(origin=card.origin, size=size, root=merkle.leaf_hash(b"x")).encode()
    return Signer.from_seed(card.origin, keys().log_seed).sign(body)


def test_a_ledger_that_was_put_back_learns_it_from_a_witness_and_signs_nothing(outside: Outside) -> None:
    grown(5)
    newer = _signed_elsewhere(9).encode()
    outside.put("w", key(5), says(200, newer))
    outside.adopt("quorum w")
    assert jobs.learn_what_was_seen() == 1
    note_down(noted(1))
    with pytest.raises(Unavailable, match="older"):
        services.seal(now=timezone.now())
    assert queries.status().trouble
    shown = queries.published()
    assert shown is not None and shown.size == 9


def test_it_learns_it_while_it_runs_too(outside: Outside) -> None:
    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        asked = environ["REQUEST_METHOD"]
        found = says(409, b"900\n", "text/x.tlog.size") if asked == "POST" else says(200, _signed.encode())
        return found(environ, start_response)

    _signed = _signed_elsewhere(900)
    outside.put("w", key(6), answer)
    outside.adopt("quorum w")
    grown()
    settled(Gatherer(timezone.now))
    note_down(noted(1))
    with pytest.raises(Unavailable):
        services.seal(now=timezone.now())


@pytest.mark.parametrize("shown", [b"nonsense", b"", "another log\n9\nAAAA\n\n— another log AAAAAAAA\n".encode()])
def test_what_proves_nothing_stops_nothing(outside: Outside, shown: bytes) -> None:
    outside.put("w", key(7), says(200, shown))
    outside.put("dead", key(9), None)
    outside.adopt("quorum w")
    jobs.learn_what_was_seen()
    note_down(noted(1))
    assert services.seal(now=timezone.now()) == 2


# the policy ----------------------------------------------------------------------------------------------------------


def test_a_policy_is_a_fact_and_its_text_is_open(outside: Outside, client: Client) -> None:
    outside.witness("a")
    outside.adopt("quorum a")
    (fact,) = [item for item in queries.history("ledger:policy") if item.kind == "ledger.policy-adopted"]
    assert fact.fact["quorum"] == "a" and fact.fact["policy"] == Policy.objects.get().pk
    shown = client.get("/open/ledger/policy", headers={"host": "localhost"}).content
    rule = policy.parse(shown)
    assert [one.verifier.vkey for one in rule.logs] == [queries.log().vkey]
    assert rule.logs[0].url == f"{installation().public_url}/open/ledger/"
    assert [one.name for one in rule.witnesses] == ["a"] and rule.quorum == "a"


def test_without_a_policy_nobody_is_asked(outside: Outside, client: Client) -> None:
    grown()
    assert Gatherer(timezone.now).gather() == 0
    shown = client.get("/open/ledger/policy", headers={"host": "localhost"}).content
    assert policy.parse(shown).quorum == "none"
    answer = client.get("/open/ledger/checkpoint", headers={"host": "localhost"})
    assert answer.content.decode() == Checkpoint.objects.latest("size").note


def test_a_new_policy_counts_from_its_first_quorum_on(outside: Outside) -> None:
    outside.witness("a")
    outside.adopt("quorum a")
    grown()
    gatherer = Gatherer(timezone.now)
    gathered(gatherer)
    assert queries.witnessed() is not None
    outside.witness("b")
    outside.adopt("group g all a b", "quorum g")
    assert queries.witnessed() is None
    gathered(gatherer)
    seen = queries.witnessed()
    assert seen is not None and seen.witnesses == ("a", "b")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "policy-unreadable"),
        ("quorum nobody\n", "policy-unreadable"),
        ("witness a no-key\nquorum a\n", "policy-unreadable"),
        (f"log {Signer.from_seed('other.example', bytes(32)).vkey}\nquorum none\n", "policy-of-another-ledger"),
        (f"witness a {key(1).witness.vkey} ftp://example.org\nquorum a\n", "policy-address"),
        ("quorum none\n\ud800", "policy-unreadable"),
        (f"witness a {Cosigner.from_seed('片' * 67, bytes(32)).witness.vkey}\nquorum a\n", "policy-unreadable"),
    ],
)
def test_what_is_no_policy_is_refused_and_changes_nothing(outside: Outside, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.adopt_policy(actor=SYSTEM, text=text, now=NOW)
    assert refused.value.code == code
    assert not Policy.objects.exists()
