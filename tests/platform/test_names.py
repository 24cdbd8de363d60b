"""Names of ledgers and keys: the longest that is taken works everywhere, one byte more is refused with the bound."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone

from pianqu.composition.env import MOST_ORIGIN, EnvProblem, read
from pianqu.composition.mirror import home as mirror_home
from pianqu.composition.mirror.app import Application as Mirror
from pianqu.composition.mirror.pulling import Puller
from pianqu.composition.mirror.store import Store as Copies
from pianqu.composition.witness import home
from pianqu.composition.witness.app import Application
from pianqu.foundation.errors import Invalid
from pianqu.foundation.following import Remote
from pianqu.kernels.cosignature import Cosigner, cosigned
from pianqu.kernels.note import MOST_NAME, Signer
from pianqu.rooms.ledger import jobs, queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.models import Cosignature, EndedLog, Log, LogKey, Policy, Witness
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM
from pianqu.rooms.partners.models import Partner
from tests.platform.mirrored import Log as Served
from tests.platform.mirrored import served
from tests.platform.test_gathering import Outside, gathered, grown, says
from tests.platform.test_watching import mirror_of, ours
from tests.platform.test_witness import NOW as SECONDS
from tests.platform.test_witness import Log as Growing
from tests.platform.test_witness import call

pytestmark = pytest.mark.django_db(transaction=True)
LONGEST = "片" * 64 + ".example"
LONGER = LONGEST + "s"
ODD = ["a\x07b", "a\u200bb", "a\udc80b"]
BOUND = f"at most {MOST_NAME} bytes in UTF-8, and this one has {MOST_NAME + 1}"
SAID = f"按 UTF-8 最多 {MOST_NAME} 字节，这个有 {MOST_NAME + 1} 字节"
"""The same to who reads a page."""


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    services.create_log(now=NOW)
    with ExitStack() as stack:
        yield Outside(tmp_path, stack)


def test_these_names_are_at_the_bound() -> None:
    assert (len(LONGEST.encode()), len(LONGER.encode())) == (MOST_NAME, MOST_NAME + 1)


def test_a_witness_takes_them_for_itself_and_for_a_log(tmp_path: Path) -> None:
    log = Signer.from_seed(LONGEST, bytes(32))
    found = home.prepare(tmp_path / "w", name=LONGEST, logs=[log.vkey])
    app, own, grown = Application(found), found.cosigner.witness, Growing().grow(3)
    body = grown.asks(0)
    note = grown.note(by=log)
    status, _kind, line = call(app, "POST", "/add-checkpoint", body.encode().replace(body.note.encode(), note.encode()))
    assert status == 200 and own in cosigned(note + line.decode(), [own])
    with pytest.raises(Invalid, match=BOUND):
        home.prepare(tmp_path / "w", name="", logs=[Signer.from_seed(LONGER, bytes(32)).vkey])
    for name in (LONGER, *ODD):
        with pytest.raises(Invalid, match=BOUND if name == LONGER else "--name"):
            home.prepare(tmp_path / "other", name=name, logs=[])
    assert not (tmp_path / "other").exists()


def test_a_mirror_takes_them_for_itself_and_for_a_log(tmp_path: Path) -> None:
    log = Signer.from_seed(LONGEST, bytes(32))
    with served(Served(300, by=log)) as source:
        found = mirror_home.prepare(tmp_path / "m", name=LONGEST, logs=[(log.vkey, source.url)])
        store = Copies(found.tables)
        puller = Puller(found, store, LONGEST, Remote(source.url), lambda: SECONDS)
        assert puller.turn(), puller.standing.sentence
        shown = store.shown(LONGEST)
        assert shown is not None and found.cosigner.witness in cosigned(shown.note, [found.cosigner.witness])
        assert LONGEST in call(Mirror(found, store=store), "GET", "/")[2].decode()
        store.close()
    with pytest.raises(Invalid, match=BOUND):
        mirror_home.prepare(tmp_path / "m", name="", logs=[(Signer.from_seed(LONGER, bytes(32)).vkey, "")])
    with pytest.raises(Invalid, match=BOUND):
        mirror_home.prepare(tmp_path / "other", name=LONGER, logs=[])


def test_a_policy_takes_them(outside: Outside) -> None:
    found = home.prepare(outside.folder / "w", name=LONGEST, logs=[queries.log().vkey])
    outside.put(LONGEST, found.cosigner, Application(found))
    outside.adopt(f"group g 1 {LONGEST}", "quorum g")
    grown()
    gathered(Gatherer(timezone.now))
    seen = queries.witnessed()
    assert seen is not None and seen.witnesses == (LONGEST,)
    number = Policy.objects.count()
    long = Cosigner.from_seed(LONGER, bytes(32)).witness.vkey
    for text in (f"witness a {long}\nquorum a\n", outside.lines[0].replace(LONGEST, LONGER, 1) + "\nquorum none\n"):
        with pytest.raises(Invalid, match=f"按 UTF-8 最多 {MOST_NAME} 字节"):
            services.adopt_policy(actor=SYSTEM, text=text, now=NOW)
    with pytest.raises(Invalid, match="有文件里存不下的字符"):
        services.adopt_policy(actor=SYSTEM, text="# \ud800\nquorum none\n", now=NOW)
    assert Policy.objects.count() == number


def test_a_mirror_is_named_with_them(outside: Outside) -> None:
    grown(5)
    cosigner = Cosigner.from_seed(LONGEST, bytes(32))
    mirror_of(outside, cosigner, ours(5))
    jobs.look_around(actor=SYSTEM, clock=timezone.now)
    assert (queries.mirrors()[0].trouble, Cosignature.objects.count()) == ("", 1)
    with pytest.raises(Invalid, match=SAID):
        vkey = Cosigner.from_seed(LONGER, bytes(32)).witness.vkey
        services.name_mirror(actor=SYSTEM, name="m", vkey=vkey, url="https://m.example", now=NOW)


@pytest.mark.parametrize("url", ["http://w.example:99999", "http://[::1", "https://", "ftp://w.example"])
def test_an_address_at_which_nobody_can_be_asked_is_refused(outside: Outside, url: str) -> None:
    vkey = Cosigner.from_seed("w", bytes(32)).witness.vkey
    with pytest.raises(Invalid) as refused:
        services.adopt_policy(actor=SYSTEM, text=f"witness w {vkey} {url}\nquorum w\n", now=NOW)
    assert refused.value.code == "policy-address"
    with pytest.raises(Invalid) as refused:
        services.name_mirror(actor=SYSTEM, name="m", vkey=vkey, url=url, now=NOW)
    assert refused.value.code == "mirror-address"


def test_a_ledger_may_be_named_with_as_much_as_everybody_keeps() -> None:
    longest = "片" * 34 + ".example"
    assert len(longest.encode()) == MOST_ORIGIN
    assert read({"PIANQU_LEDGER_ORIGIN": longest}).ledger_origin == longest
    with pytest.raises(EnvProblem, match=f"at most {MOST_ORIGIN} bytes in UTF-8, and this one has {MOST_ORIGIN + 1}"):
        read({"PIANQU_LEDGER_ORIGIN": longest + "s"})
    with pytest.raises(EnvProblem, match="cannot be seen"):
        read({"PIANQU_LEDGER_ORIGIN": "log\u200b.example"})


def _room(model: type, field: str) -> int:
    return int(model._meta.get_field(field).max_length)  # type: ignore[attr-defined]


def test_the_tables_have_room_for_the_longest() -> None:
    successor = "a" * MOST_ORIGIN + "/999999999"
    vkey = Signer.from_seed(successor, bytes(32)).vkey
    for model, field in ((Log, "origin"), (EndedLog, "origin"), (EndedLog, "went_on_as"), (Partner, "origin")):
        assert len(successor) <= _room(model, field)
    for model, field in ((Log, "vkey"), (LogKey, "vkey"), (Partner, "vkey")):
        assert len(vkey) <= _room(model, field)
    cosigner = Cosigner.from_seed("a" * MOST_NAME, bytes(32))
    for model in (Witness, Cosignature):
        assert len(cosigner.witness.vkey) <= _room(model, "vkey")
    assert len(cosigner.cosign("x\n", 1)) <= _room(Cosignature, "line")


@pytest.mark.parametrize("said", [b"\x00 no", b"\xff\xfe", b"x" * 60_000])
def test_whatever_a_witness_says_delays_nobody_else(outside: Outside, said: bytes) -> None:
    """Its words are kept for people; a table that cannot hold one of them must not end the round of all."""
    outside.put("liar", Cosigner.from_seed("liar", bytes(32)), says(422, said))
    outside.witness("w")
    outside.adopt("quorum w")
    grown()
    gathered(Gatherer(timezone.now))
    assert queries.witnessed() is not None
    assert {card.name: card.trouble for card in queries.witnesses()} == {"liar": "forked", "w": ""}
