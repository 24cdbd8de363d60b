"""A timestamp authority puts its time to the ledger: a real one (`openssl ts`) over HTTP, and those that are no use."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, make_keys
from pianqu.kernels import note
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs import Anchorer, anchoring
from pianqu.rooms.ledger.models import Anchor
from pianqu.rooms.ledger.tests.builders import SYSTEM, note_down, noted
from tests.authority import Authority, Said, Served, served, stamps

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KIND = "application/timestamp-reply"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@dataclass
class Here:
    """A ledger, its authority, and a clock that can be put forward."""

    served: Served
    authority: Authority
    forward: timedelta = timedelta()

    def now(self) -> datetime:
        return timezone.now() + self.forward


@pytest.fixture
def here(authority: Authority, tmp_path: Path) -> Iterator[Here]:
    make_keys(tmp_path / "keys")
    with served(stamps(authority)) as server:
        changed = replace(installation(), keys=tmp_path / "keys", tsa_url=server.url, tsa_ca=authority.roots)
        with override_settings(INSTALLATION=changed):
            _anew()
            services.create_log(now=timezone.now())
            yield Here(server, authority)
    _anew()


def _anew() -> None:
    installation.cache_clear()
    keys.cache_clear()


def grown() -> int:
    note_down(noted(1))
    services.seal(now=timezone.now())
    return queries.sealed_size()


def test_a_checkpoint_is_stamped_and_anybody_can_check_it(here: Here, client: Client) -> None:
    size = grown()
    assert Anchorer(here.now).anchor() == 1
    (card,) = queries.anchors()
    assert (card.size, card.authority) == (size, "Test Time") and abs(card.stamped_at - timezone.now()) < MINUTE
    token = client.get(f"/open/ledger/anchor/{size}.tsr")
    text = client.get(f"/open/ledger/anchor/{size}.note").content
    assert (token["Content-Type"], text.decode()) == (KIND, client.get("/open/ledger/checkpoint").content.decode())
    assert here.authority.holds(token.content, text) and not here.authority.holds(token.content, text + b" ")
    assert here.served.asked[0][0] == "application/timestamp-query"
    shown = client.get("/api/v1/ledger/anchors").json()
    assert (shown["asked"], shown["trouble"], len(shown["anchors"])) == (True, "", 1)
    assert shown["anchors"][0]["token"] == f"/open/ledger/anchor/{size}.tsr"
    for absent in (size + 1, 2**70):
        assert client.get(f"/open/ledger/anchor/{absent}.tsr", headers={"accept": "text/plain"}).status_code == 404


def test_the_audit_finds_what_was_changed(here: Here) -> None:
    size = grown()
    Anchorer(here.now).anchor()
    assert list(queries.audit_anchors()) == []
    Anchor.objects.update(token=here.authority.answer(here.authority.question(b"another text")))
    assert list(queries.audit_anchors()) == [f"anchor {size}: its token is about another text"]
    seed, origin = keys().log_seed, queries.log().origin
    other = note.CheckpointBody(origin=origin, size=size, root=bytes(32)).encode()
    Anchor.objects.update(text=note.Signer.from_seed(origin, seed).sign(other))
    assert f"anchor {size} does not fit the entries" in list(queries.audit_anchors())
    Anchor.objects.update(text=note.Signer.from_seed(origin, bytes(32)).sign(other))
    assert f"anchor {size}: no known key has signed this note" in list(queries.audit_anchors())


def test_it_is_asked_each_hour_in_which_the_ledger_grew(here: Here) -> None:
    anchorer, sizes = Anchorer(here.now), []
    for grows, forward in [(1, 0), (1, 10), (0, 59), (0, 61), (0, 200), (1, 200), (0, 201)]:
        for _time in range(grows):
            grown()
        here.forward = forward * MINUTE
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(anchoring, "MOST_APART", 10 * HOUR)
            anchorer.anchor()
        sizes.append([card.size for card in queries.anchors()])
    assert sizes == [[1], [1], [1], [2, 1], [2, 1], [3, 2, 1], [3, 2, 1]]
    assert len(here.served.asked) == 3


def test_it_is_asked_at_once_when_the_key_changed(here: Here) -> None:
    anchorer = Anchorer(here.now)
    grown()
    anchorer.anchor()
    services.prepare_key()
    services.rotate_key(actor=SYSTEM, days=10, now=timezone.now())
    assert anchorer.anchor() == 0
    services.seal(now=timezone.now())
    assert anchorer.anchor() == 1
    assert queries.anchors(1)[0].text.count("\n— ") == 2
    grown()
    assert anchorer.anchor() == 0
    assert list(queries.audit_anchors()) == []


def test_without_an_address_nobody_is_asked(here: Here) -> None:
    with override_settings(INSTALLATION=replace(installation(), tsa_url="")):
        installation.cache_clear()
        grown()
        assert Anchorer(here.now).anchor() == 0
        assert not queries.authority().url and Client().get("/api/v1/ledger/anchors").json()["asked"] is False
    assert not here.served.asked


# authorities that are no use -----------------------------------------------------------------------------------------


def _replays(authority: Authority) -> Callable[[bytes], Said]:
    """The right text under another question's nonce."""
    kept: list[bytes] = []

    def answer(query: bytes) -> Said:
        if not kept:
            shown = queries.offered()
            assert shown is not None
            kept.append(authority.answer(authority.question(shown.text.encode())))
        return 200, KIND, kept[0]

    return answer


def _stamps_another_text(authority: Authority) -> Callable[[bytes], Said]:
    """The same nonce over another digest."""

    def answer(query: bytes) -> Said:
        digest = query.index(bytes.fromhex("0420")) + 2
        return 200, KIND, authority.answer(query[:digest] + bytes(32) + query[digest + 32 :])

    return answer


def _slow(authority: Authority) -> Callable[[bytes], Said]:
    def answer(query: bytes) -> Said:
        time.sleep(0.6)
        return 200, KIND, authority.answer(query)

    return answer


def _says(status: int, kind: str, body: bytes) -> Callable[[Authority], Callable[[bytes], Said]]:
    return lambda _authority: lambda _query: (status, kind, body)


HOSTILE = {
    "another nonce": (_replays, "unproven"),
    "another text": (_stamps_another_text, "unproven"),
    "garbage": (_says(200, KIND, bytes(range(256)) * 3), "unclear"),
    "nothing": (_says(200, KIND, b""), "unclear"),
    "a page": (_says(200, "text/html", b"<!doctype html><title>Sign in</title>"), "unclear"),
    "an error page": (_says(500, "text/html", b"<h1>oops</h1>"), "refused"),
    "far away": (_says(302, "text/html", b""), "refused"),
    "too much": (_says(200, KIND, bytes(200_000)), "unclear"),
    "slow": (_slow, "unclear"),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_what_an_authority_says_instead_is_not_kept(
    here: Here, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(anchoring, "TIMEOUT", 0.3)
    monkeypatch.setattr(anchoring, "WHOLE", 0.5)
    makes, trouble = HOSTILE[how]
    here.served.answer = makes(here.authority)
    grown()
    anchorer, asked = Anchorer(here.now), []
    with caplog.at_level(logging.WARNING, logger="pianqu.ledger"):
        for minutes in (0, 0.5, 1.5, 2, 4, 5, 8.5):
            here.forward = minutes * MINUTE
            anchorer.anchor()
            asked.append(len(here.served.asked))
    assert asked == [1, 1, 2, 2, 3, 3, 4], "again after one, two, four minutes"
    assert not Anchor.objects.exists() and queries.authority().trouble == trouble
    assert len(caplog.records) == 1 and f"({trouble}: " in caplog.text
    here.served.answer, here.forward = stamps(here.authority), 17 * MINUTE
    monkeypatch.setattr(anchoring, "TIMEOUT", 10.0)
    monkeypatch.setattr(anchoring, "WHOLE", 20.0)
    monkeypatch.setattr(anchoring, "MOST_APART", HOUR)
    with caplog.at_level(logging.WARNING, logger="pianqu.ledger"):
        assert anchorer.anchor() == 1
    assert not queries.authority().trouble and "answers again" in caplog.records[-1].message


def test_another_authority_is_not_taken(here: Here, tmp_path: Path) -> None:
    here.served.answer = stamps(Authority(tmp_path / "other"))
    grown()
    assert Anchorer(here.now).anchor() == 0
    assert (queries.authority().trouble, Anchor.objects.count()) == ("unproven", 0)


def test_without_a_file_only_the_machine_s_own_roots_count(here: Here) -> None:
    with override_settings(INSTALLATION=replace(installation(), tsa_ca=None)):
        installation.cache_clear()
        grown()
        assert Anchorer(here.now).anchor() == 0
        assert queries.authority().trouble in {"unproven", "roots"}


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_of_roots_that_went_away(here: Here, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_bytes(content)
    with override_settings(INSTALLATION=replace(installation(), tsa_ca=file)):
        installation.cache_clear()
        grown()
        assert Anchorer(here.now).anchor() == 0
        assert queries.authority().trouble == "roots" and not here.served.asked


@pytest.mark.parametrize("forward", [-HOUR, HOUR])
def test_clocks_that_are_far_apart_are_said(here: Here, forward: timedelta) -> None:
    grown()
    here.forward = forward
    assert Anchorer(here.now).anchor() == 0
    assert queries.authority().trouble == "clock" and "apart" in queries.authority().detail


def test_nobody_there(here: Here) -> None:
    with override_settings(INSTALLATION=replace(installation(), tsa_url="http://127.0.0.1:9/")):
        installation.cache_clear()
        grown()
        assert Anchorer(here.now).anchor() == 0
        assert queries.authority().trouble == "unreachable"
