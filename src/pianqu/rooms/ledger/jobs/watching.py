"""The monitor: reads the log again as an outsider would, and compares it with what witnesses and mirrors have seen."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.posting import Reply, get
from pianqu.kernels import cosignature, note
from pianqu.kernels.auditing import Head, Replay, cut
from pianqu.kernels.note import CheckpointBody, NoteError
from pianqu.kernels.saying import Sentence, say
from pianqu.kernels.tiles import TileTree
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs.gathering import TIMEOUT, WHOLE, aside, moment, seen_by, shown_in
from pianqu.rooms.ledger.models import Chain, Checkpoint, Entry, Watch, WatchedChain
from pianqu.rooms.ledger.queries import sentences
from pianqu.rooms.ledger.services import Answered

MOST_WRONG = 50
EVERYTHING = timedelta(days=1)
MOST_EVIDENCE = 1_000_000
"""Bytes of a list of forks that are read."""


def read_again(*, now: datetime) -> int:
    """Read what was sealed since the last time, and everything once a day; answers how many leaves were read."""
    row, _made = Watch.objects.get_or_create(id=1)
    whole = row.whole_at is None or not timedelta(0) <= now - row.whole_at < EVERYTHING
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None or (not whole and newest.size == row.replayed):
        return 0
    begin = 0 if whole else row.replayed
    replay, wrong = _begun(row, begin)
    for leaves in queries.leaves_from(begin, newest.size):  # in no transaction: on SQLite nobody could write meanwhile
        wrong += replay.read(leaves)
        del wrong[MOST_WRONG:]
    wrong += _compared(replay, newest, whole=whole)
    with transaction.atomic():
        _keep(row, replay, [*([] if whole else row.wrong), *map(sentences.kept, wrong)], whole, now)
    return newest.size - begin


def _begun(row: Watch, begin: int) -> tuple[Replay, list[Sentence]]:
    """Where the last reading ended; the stored tiles have to be those that it left."""
    if not begin:
        return Replay(TileTree(0, lambda _level, _index: b"")), []
    heads = {
        chain.organisation_code: Head(chain.counter, bytes(chain.leaf_hash), chain.last_day.isoformat())
        for chain in WatchedChain.objects.all()
    }
    replay = Replay(TileTree(begin, cut(queries.read_tile, begin)), heads)
    try:
        same = replay.tree.root() == bytes(row.root)
    except LookupError:
        same = False
    return replay, [] if same else [say(sentences.TREE_CHANGED, size=begin)]


def _compared(replay: Replay, newest: Checkpoint, *, whole: bool) -> Iterator[Sentence]:
    """Against the signed root, and against what each organisation has recorded as its own."""
    if replay.tree.size != newest.size:
        yield say(sentences.TOO_FEW, signed=newest.size, here=replay.tree.size)
    elif replay.tree.root() != bytes(newest.root):
        yield say(sentences.NOT_SIGNED, size=newest.size)
    elif whole:
        yield from queries.bent_tiles(replay.tree)
        yield from queries.audit_evm_anchors()
    for chain in Chain.objects.all():
        code = chain.organisation_code
        head = replay.heads.get(code, Head())
        if head.counter == chain.counter and head.link != bytes(chain.leaf_hash):
            yield say(sentences.OTHER_HEAD, code=code, counter=head.counter)
        later = Entry.objects.filter(organisation_code=code, counter__gt=head.counter, counter__lte=chain.counter)
        if head.counter > chain.counter or later.count() != chain.counter - head.counter:
            yield say(sentences.MISSING, code=code, recorded=chain.counter, held=head.counter)


def _keep(row: Watch, replay: Replay, wrong: list[Any], whole: bool, now: datetime) -> None:
    WatchedChain.objects.all().delete()
    WatchedChain.objects.bulk_create(
        WatchedChain(organisation_code=code, counter=head.counter, leaf_hash=head.link, last_day=head.day)
        for code, head in sorted(replay.heads.items())
    )
    row.replayed, row.wrong, row.looked_at = replay.tree.size, wrong[:MOST_WRONG], now
    row.root = replay.tree.root()
    if whole:
        row.whole_at = now
    row.save()


# others --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Other:
    """A witness or a mirror, and what it answered."""

    name: str
    vkey: str
    url: str
    is_mirror: bool
    size: int = 0
    """How far a mirror has come, as far as is known."""


def look_around(*, actor: Actor, clock: Callable[[], datetime]) -> int:
    """Compare with what every witness and mirror has seen, and take over the forks that they hold; answers how many spoke."""
    others = [
        _Other(name=one.name, vkey=one.witness.vkey, url=one.url, is_mirror=False)
        for one in queries.policy().witnesses
        if one.url
    ]
    others += [
        _Other(name=one.name, vkey=one.vkey, url=one.url, is_mirror=True, size=one.size) for one in queries.mirrors()
    ]
    origin = queries.log().origin
    asked = [
        (
            other,
            aside(partial(seen_by, other.url, origin), other.name),
            aside(partial(_evidence, other.url), other.name),
        )
        for other in others
    ]
    wait([one for _other, *both in asked for one in both], timeout=WHOLE + 1)
    spoke = 0
    services.sound_the_alarm()  # a process that was killed after it had kept a fork
    for other, seen, evidence in asked:
        reply = seen.result() if seen.done() and seen.exception() is None else None
        spoke += reply is not None
        _compare(other, reply, actor=actor, now=clock())
        if evidence.done() and evidence.exception() is None:
            _take_over(evidence.result(), other.name, actor=actor, now=clock())
    return spoke


def _evidence(url: str) -> Reply:
    return get(f"{url.rstrip('/')}/evidence", {}, timeout=TIMEOUT, whole=WHOLE, most=MOST_EVIDENCE)


def _compare(other: _Other, reply: Reply | None, *, actor: Actor, now: datetime) -> None:
    body = shown_in(reply) if reply is not None else None
    if reply is None or body is None:
        if other.is_mirror:
            _note(other, Answered(vkey=other.vkey, size=other.size, trouble=_silence(reply)), now)
        return
    theirs = reply.body.decode()
    if body.size > queries.sealed_size():
        services.admit(body.size, theirs)
    elif queries.root_at(body.size) != body.root:
        _disagree(other, body, theirs, actor=actor, now=now)
        return
    if other.is_mirror:
        _note(other, _line(other, body, theirs), now)


def _silence(reply: Reply | None) -> str:
    """What keeps a mirror that shows no checkpoint; nothing where it has not got one yet."""
    if reply is None:
        return "unreachable"
    return "" if reply.status == 404 else "unclear"


def _disagree(other: _Other, body: CheckpointBody, theirs: str, *, actor: Actor, now: datetime) -> None:
    """It has seen another tree of that size with this log's signature."""
    if services.note_history(
        actor=actor, theirs=theirs, shown_by=other.name, now=now
    ):  # else it is this disk that changed
        _note(other, Answered(vkey=other.vkey, size=body.size, trouble="forked", detail=str(body.size)), now)


def _line(other: _Other, body: CheckpointBody, theirs: str) -> Answered:
    """The mirror's own signature: it holds everything up to there."""
    witness = cosignature.Witness.from_vkey(other.vkey)
    with suppress(NoteError):
        text = note.text_of(theirs)
        lines = cosignature.lines_of(text, theirs.removeprefix(f"{text}\n"), [witness])
        time, line = lines.get(witness, (0, ""))
        if line and (stated_at := moment(time)):
            return Answered(vkey=other.vkey, size=body.size, line=line, stated_at=stated_at)
    return Answered(vkey=other.vkey, size=body.size, trouble="unsigned")


def _note(other: _Other, answered: Answered, now: datetime) -> None:
    size = answered.size
    known = size is not None and Checkpoint.objects.filter(size=size).exists()
    services.keep(size=size if known else None, heard=[answered], now=now)


def _take_over(reply: Reply, shown_by: str, *, actor: Actor, now: datetime) -> None:
    """Forks of this log that another one holds; what proves nothing is passed over."""
    try:
        rows = json.loads(reply.body)
    except (ValueError, RecursionError):
        return
    for row in rows if isinstance(rows, list) else ():
        ours, theirs = (row.get("ours"), row.get("theirs")) if isinstance(row, dict) else (None, None)
        if isinstance(ours, str) and isinstance(theirs, str):
            with suppress(Invalid):
                services.note_fork(actor=actor, ours=ours, theirs=theirs, shown_by=shown_by, now=now)
