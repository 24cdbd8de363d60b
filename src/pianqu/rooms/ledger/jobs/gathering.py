"""Asks the witnesses, all at once and each on its own line: one that is dead or slow delays nobody but itself.

A round is about one checkpoint, the newest when it begins, so that the cosignatures of a quorum stand under one tree. It ends
when the quorum is reached, when everybody has answered, or after ROUND seconds; then outsiders are shown the checkpoint,
witnessed or not. Who answers later is written down all the same.
"""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

from pianqu.foundation.posting import NotSent, Reply, Unclear, get, post_bytes
from pianqu.kernels import cosignature, merkle, note, witnessing
from pianqu.kernels.note import CheckpointBody, NoteError
from pianqu.kernels.policy import KnownWitness
from pianqu.kernels.witnessing import BadRequest
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.models import Witness
from pianqu.rooms.ledger.queries import CheckpointCard, PolicyCard
from pianqu.rooms.ledger.services import Answered

TIMEOUT, WHOLE = 3.0, 6.0
"""Seconds for each step of asking a witness, and for everything together."""
ROUND = timedelta(seconds=2)
"""For so long a round waits for its quorum; a slower witness's line is added later."""
STANDS = timedelta(minutes=10)
"""A witness that has signed the newest checkpoint is asked anew after this time: its line says that it is alive."""
WRONG_CLOCK = timedelta(minutes=10)
"""A witness that states a time further from this machine's is said to have a wrong clock."""
EAST = timedelta(hours=14)
"""As far as any calendar is ahead of UTC: a moment that one of them does not know cannot be shown there."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)
MOST_CONFLICTS = 3
_TROUBLES = {404: "unknown", 403: "refused", 400: "refused", 413: "refused", 422: "forked"}

Clock = Callable[[], datetime]


LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Line:
    """What this process knows of one witness between two turns."""

    one: KnownWitness
    size: int
    """The tree that it signed last, as far as is known."""
    signed_at: datetime
    asked: Future[Reply] | None = None
    about: CheckpointCard | None = None
    """The checkpoint that it was asked about last."""
    pause: timedelta = FIRST_PAUSE
    due: datetime = LONG_AGO
    conflicts: int = 0


@dataclass(slots=True)
class _Round:
    """One checkpoint and who has signed it."""

    target: CheckpointCard
    began: datetime
    signed: set[str]
    is_over: bool = False

    def wants(self, line: _Line, now: datetime) -> bool:
        """Whether a witness that is not being asked is to be asked now."""
        if line.asked is not None or now < line.due or line.size > self.target.size:
            return False
        return line.one.name not in self.signed or now - line.signed_at >= STANDS

    def asks(self, line: _Line) -> bool:
        """Whether a witness is being asked about this checkpoint."""
        return line.asked is not None and line.about is not None and line.about.size == self.target.size


class Gatherer:
    """The one in a process that asks the witnesses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._number = -1
        self._round: _Round | None = None
        self._looks: list[Future[Reply]] = []

    def gather(self) -> int:
        """One turn: ask who is to be asked, wait for the quorum, write down what came. Answers how many lines came."""
        rule, newest = queries.policy(), queries.published()
        if newest is None or not any(one.url for one in rule.witnesses) or queries.sealed_size() < newest.size:
            return 0
        self._know(rule)
        current = self._current(newest)
        came = 0
        while True:
            self._ask(current)
            left = (current.began + ROUND - self._clock()).total_seconds()
            may_wait = not current.is_over and left > 0 and any(map(current.asks, self._lines.values()))
            asked = [line.asked for line in self._lines.values() if line.asked is not None]
            wait(asked, timeout=left if may_wait else 0, return_when=FIRST_COMPLETED)
            came += self._take_in(rule, current)
            if not may_wait:
                return came

    @property
    def is_asking(self) -> bool:
        """Whether an answer may still come."""
        return bool(self._looks) or any(line.asked is not None for line in self._lines.values())

    def _know(self, rule: PolicyCard) -> None:
        """The lines of the policy in force; a new policy begins with what the tables know of its witnesses."""
        if rule.number == self._number:
            return
        rows = Witness.objects.in_bulk([one.witness.vkey for one in rule.witnesses])
        before, self._lines = self._lines, {}
        for one in rule.witnesses:
            vkey = one.witness.vkey
            if vkey in before and before[vkey].one == one:
                self._lines[vkey] = before[vkey]
            elif one.url:
                row = rows.get(vkey) or Witness()
                self._lines[vkey] = _Line(one=one, size=row.size, signed_at=row.heard_at or LONG_AGO)
        self._number, self._round = rule.number, None

    def _current(self, newest: CheckpointCard) -> _Round:
        """The round that goes on, or a new one about the newest checkpoint."""
        if self._round is None or (self._round.is_over and self._round.target.size != newest.size):
            self._round = _Round(target=newest, began=self._clock(), signed=set(queries.cosigned_by(newest.size)))
        return self._round

    def _ask(self, current: _Round) -> None:
        now, target = self._clock(), current.target
        proofs: dict[int, list[bytes]] = {}
        for line in self._lines.values():
            if not current.wants(line, now):
                continue
            if line.size not in proofs:
                proofs[line.size] = _proof(line.size, target.size)
            body = witnessing.encode(line.size, proofs[line.size], target.text)
            line.about, line.asked = target, aside(partial(_post, line.one.url, body), line.one.name)

    def _take_in(self, rule: PolicyCard, current: _Round) -> int:
        """Write down every answer that has come, and whether the round is over."""
        heard: dict[int, list[Answered]] = {current.target.size: []}
        for line in self._lines.values():
            if line.asked is None or line.about is None or not line.asked.done():
                continue
            answer, about = self._answer(line, line.asked, line.about), line.about.size
            if answer is not None:
                heard.setdefault(about, []).append(answer)
                if answer.line and about == current.target.size:
                    current.signed.add(line.one.name)
        self._write(rule, current, heard)
        self._look()
        return sum(bool(one.line) for some in heard.values() for one in some)

    def _look(self) -> None:
        """What witnesses show that say to have signed more than this ledger has."""
        done = [one for one in self._looks if one.done()]
        self._looks = [one for one in self._looks if one not in done]
        for one in done:
            if one.exception() is None:
                hold_to(one.result())

    def _write(self, rule: PolicyCard, current: _Round, heard: dict[int, list[Answered]]) -> None:
        now, size = self._clock(), current.target.size
        holds = rule.asks_for_witnesses and rule.rule.holds(current.signed)
        comes = any(current.asks(line) or current.wants(line, now) for line in self._lines.values())
        ended = holds or not comes or now - current.began >= ROUND
        for about, some in heard.items():
            news = about == size and ended and not current.is_over
            if some or news:
                services.keep(
                    size=about,
                    heard=some,
                    all_asked=news,
                    quorum_of=rule.number if about == size and holds else None,
                    now=now,
                )
        current.is_over = current.is_over or ended

    def _answer(self, line: _Line, asked: Future[Reply], about: CheckpointCard) -> Answered | None:
        """What a witness answered, for the tables; None where it is only to be asked again from another size."""
        line.asked = None
        try:
            reply = asked.result()
        except NotSent as error:
            return self._trouble(line, "unreachable", str(error))
        except Unclear as error:
            return self._trouble(line, "unclear", str(error))
        except Exception as error:  # noqa: BLE001 - whatever becomes of one witness, the others' answers are taken in
            return self._trouble(line, "unreachable", type(error).__name__)
        if reply.status == witnessing.CONFLICT:
            return self._conflict(line, reply, about)
        if reply.status != witnessing.OK:
            said = reply.body.decode("utf-8", "replace").strip()
            return self._trouble(line, _TROUBLES.get(reply.status, "unclear"), f"{reply.status} {said}")
        return self._signed(line, reply, about)

    def _signed(self, line: _Line, reply: Reply, about: CheckpointCard) -> Answered:
        witness = line.one.witness
        try:
            lines = cosignature.lines_of(note.text_of(about.text), reply.body.decode(), [witness])
        except (NoteError, UnicodeDecodeError) as error:
            return self._trouble(line, "unsigned", str(error))
        if witness not in lines:
            return self._trouble(line, "unsigned", "")
        time, text = lines[witness]
        stated_at, now = moment(time), self._clock()
        if stated_at is None:
            return self._trouble(line, "unsigned", f"time {time}")
        line.size, line.signed_at, line.pause, line.due, line.conflicts = about.size, now, FIRST_PAUSE, now, 0
        if abs(stated_at - now) <= WRONG_CLOCK:
            return Answered(vkey=witness.vkey, size=about.size, line=text, stated_at=stated_at)
        told = f"{stated_at:%Y-%m-%d %H:%M:%S} UTC"  # which of the two clocks is wrong is for people to see; its line counts
        return Answered(
            vkey=witness.vkey, size=about.size, line=text, stated_at=stated_at, trouble="clock", detail=told
        )

    def _conflict(self, line: _Line, reply: Reply, about: CheckpointCard) -> Answered | None:
        """It signed another size last. A larger one than this ledger has means that one of the two went wrong."""
        try:
            told = witnessing.size_of(reply.body)
        except BadRequest as error:
            return self._trouble(line, "unclear", str(error))
        line.conflicts += 1
        if line.conflicts > MOST_CONFLICTS:
            return self._trouble(line, "unclear", f"409 {told}")
        newest = queries.published()
        if told > (newest.size if newest else about.size):
            self._looks.append(aside(partial(seen_by, line.one.url, queries.log().origin), line.one.name))
            return self._trouble(line, "ahead", str(told))
        line.size = told
        return None

    def _trouble(self, line: _Line, trouble: str, detail: str) -> Answered:
        line.due = self._clock() + line.pause
        line.pause = min(line.pause * 2, LONGEST_PAUSE)
        line.conflicts = 0
        return Answered(vkey=line.one.witness.vkey, size=line.size, trouble=trouble, detail=detail)


def learn_what_was_seen() -> int:
    """Ask every witness what it signed last, and hold this ledger to it: one that was put back signs nothing then.

    To be called before the first signature of a process. Answers how many witnesses could be asked.
    """
    origin = queries.log().origin
    urls = [one.url for one in queries.policy().witnesses if one.url]
    asked = [aside(partial(seen_by, url, origin), url) for url in urls]
    done, _late = wait(asked, timeout=WHOLE)
    seen = [one.result() for one in done if one.exception() is None]
    for reply in seen:
        hold_to(reply)
    return len(seen)


def hold_to(reply: Reply) -> None:
    """Where a witness shows a larger tree with this ledger's own signature, that is what outsiders have seen."""
    body = shown_in(reply)
    if body is not None:
        services.admit(body.size, reply.body.decode())


def shown_in(reply: Reply) -> CheckpointBody | None:
    """The tree that is shown with this ledger's own signature; None where there is none, or a key signed that may not."""
    try:
        _text, body = services.open_own(reply.body.decode())
    except (NoteError, UnicodeDecodeError):
        return None
    return body if reply.status == witnessing.OK and body.origin == queries.log().origin else None


def _post(url: str, body: bytes) -> Reply:
    return post_bytes(f"{url.rstrip('/')}/add-checkpoint", body, {}, timeout=TIMEOUT, whole=WHOLE)


def seen_by(url: str, origin: str) -> Reply:
    """The last checkpoint of the log that a witness signed."""
    return get(f"{url.rstrip('/')}/{sha256(origin.encode()).hexdigest()}/checkpoint", {}, timeout=TIMEOUT, whole=WHOLE)


def aside(act: Callable[[], Reply], name: str) -> Future[Reply]:
    """Done in a thread that keeps no process from ending."""
    coming: Future[Reply] = Future()

    def run() -> None:
        try:
            coming.set_result(act())
        except Exception as error:  # noqa: BLE001 - handed to who waits
            coming.set_exception(error)

    threading.Thread(target=run, name=f"witness {name}", daemon=True).start()
    return coming


def _proof(old: int, new: int) -> list[bytes]:
    return merkle.consistency_proof(old, new, queries.tree(new).node) if 0 < old <= new else []


def moment(time: int) -> datetime | None:
    """The stated second; None for a year that nobody will see."""
    try:
        stated = datetime.fromtimestamp(time, UTC)
        return stated if stated + EAST else None
    except (OverflowError, ValueError, OSError):
        return None
