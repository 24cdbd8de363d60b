"""Asks the witnesses, all at once and each on its own line: one that is dead or slow delays nobody but itself. A witness that
signs with two keys is asked once, at its one address, and answers with a line of each.

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
_TROUBLES = {404: "unknown", 403: "refused", 400: "refused", 413: "refused", 422: "forked", 503: "stopped"}

Clock = Callable[[], datetime]


LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Line:
    """What this process knows of one witness between two turns."""

    keys: tuple[KnownWitness, ...]
    """Everything in the policy that answers at its address."""
    size: int
    """The tree that it signed last, as far as is known."""
    signed_at: datetime
    answered: int = -1
    """The checkpoint, by its size, to which it answered last with a signature, be it with that of one key alone."""
    asked: Future[Reply] | None = None
    about: CheckpointCard | None = None
    """The checkpoint that it was asked about last."""
    pause: timedelta = FIRST_PAUSE
    due: datetime = LONG_AGO
    conflicts: int = 0

    @property
    def url(self) -> str:
        return self.keys[0].url

    @property
    def name(self) -> str:
        return self.keys[0].name


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
        lacks = any(one.name not in self.signed for one in line.keys) and line.answered != self.target.size
        return lacks or now - line.signed_at >= STANDS

    def asks(self, line: _Line) -> bool:
        """Whether a witness is being asked about this checkpoint."""
        return line.asked is not None and line.about is not None and line.about.size == self.target.size


class Gatherer:
    """The one in a process that asks the witnesses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._known = ("", -1)
        """The ledger and the policy that the lines are about."""
        self._round: _Round | None = None
        self._looks: list[Future[Reply]] = []

    def gather(self) -> int:
        """One turn: ask who is to be asked, wait for the quorum, write down what came. Answers how many lines came."""
        rule, newest = queries.policy(), queries.published()
        if newest is None or not any(one.url for one in rule.witnesses) or queries.sealed_size() < newest.size:
            return 0
        self._know(newest.origin, rule)
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

    def _know(self, origin: str, rule: PolicyCard) -> None:
        """The lines of the policy in force; a new policy begins with what the tables know of its witnesses.

        What was asked about a ledger that has ended since is of no use to the one that goes on.
        """
        if (origin, rule.number) == self._known:
            return
        rows = Witness.objects.in_bulk([one.witness.vkey for one in rule.witnesses])
        before, self._lines = self._lines if origin == self._known[0] else {}, {}
        for url in dict.fromkeys(one.url.rstrip("/") for one in rule.witnesses if one.url):
            keys = tuple(one for one in rule.witnesses if one.url.rstrip("/") == url)
            if url in before and before[url].keys == keys:
                self._lines[url] = before[url]
                continue
            known = [rows.get(one.witness.vkey) or Witness() for one in keys]
            signed_at = min(row.heard_at or LONG_AGO for row in known)
            self._lines[url] = _Line(keys=keys, size=max(row.size for row in known), signed_at=signed_at)
        self._known, self._round = (origin, rule.number), None

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
            line.about, line.asked = target, aside(partial(_post, line.url, body), line.name)

    def _take_in(self, rule: PolicyCard, current: _Round) -> int:
        """Write down every answer that has come, and whether the round is over."""
        heard: dict[int, list[Answered]] = {current.target.size: []}
        for line in self._lines.values():
            if line.asked is None or line.about is None or not line.asked.done():
                continue
            answers, about = self._answer(line, line.asked, line.about), line.about.size
            for one, answer in zip(line.keys, answers, strict=False):
                heard.setdefault(about, []).append(answer)
                if answer.line and about == current.target.size:
                    current.signed.add(one.name)
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

    def _answer(self, line: _Line, asked: Future[Reply], about: CheckpointCard) -> list[Answered]:
        """What a witness answered, of each key; nothing where it is only to be asked again from another size."""
        line.asked = None
        try:
            reply = asked.result()
        except NotSent as error:
            return self._trouble(line, "unreachable", str(error))
        except Unclear as error:
            return self._trouble(line, "silent" if str(error) == TimeoutError.__name__ else "unclear", str(error))
        except Exception as error:  # noqa: BLE001 - whatever becomes of one witness, the others' answers are taken in
            return self._trouble(line, "unreachable", type(error).__name__)
        if reply.status == witnessing.CONFLICT:
            return self._conflict(line, reply, about)
        if reply.status != witnessing.OK:
            said = reply.body.decode("utf-8", "replace").strip()
            return self._trouble(line, _TROUBLES.get(reply.status, "unclear"), f"{reply.status} {said}")
        return self._signed(line, reply, about)

    def _signed(self, line: _Line, reply: Reply, about: CheckpointCard) -> list[Answered]:
        keys = [one.witness for one in line.keys]
        try:
            lines = cosignature.lines_of(note.text_of(about.text), reply.body.decode(), keys)
        except (NoteError, UnicodeDecodeError) as error:
            return self._trouble(line, "unsigned", str(error))
        heard = [self._heard(key, about.size, *lines.get(key, (0, ""))) for key in keys]
        if all(one.trouble == "unsigned" for one in heard):
            return self._trouble(line, "unsigned", heard[0].detail)
        line.size = line.answered = about.size
        line.pause, line.conflicts = FIRST_PAUSE, 0
        line.signed_at = line.due = self._clock()
        return heard

    def _heard(self, key: cosignature.Witness, size: int, time: int, text: str) -> Answered:
        """What came of one key. With a wrong clock its line counts: which of the two clocks is wrong is for people to see."""
        stated_at = moment(time)
        if not text or stated_at is None:
            return Answered(vkey=key.vkey, trouble="unsigned", detail=f"time {time}" if text else "")
        is_near = abs(stated_at - self._clock()) <= WRONG_CLOCK
        trouble, detail = ("", "") if is_near else ("clock", f"{stated_at:%Y-%m-%d %H:%M:%S} UTC")
        return Answered(vkey=key.vkey, size=size, line=text, stated_at=stated_at, trouble=trouble, detail=detail)

    def _conflict(self, line: _Line, reply: Reply, about: CheckpointCard) -> list[Answered]:
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
            self._looks.append(aside(partial(seen_by, line.url, queries.log().origin), line.name))
            return self._trouble(line, "ahead", str(told))
        line.size = told
        return []

    def _trouble(self, line: _Line, trouble: str, detail: str) -> list[Answered]:
        line.due = self._clock() + line.pause
        line.pause = min(line.pause * 2, LONGEST_PAUSE)
        line.conflicts = 0
        size = line.size if len(line.keys) == 1 else None
        return [Answered(vkey=one.witness.vkey, size=size, trouble=trouble, detail=detail) for one in line.keys]


def learn_what_was_seen() -> int:
    """Ask every witness what it signed last, and hold this ledger to it: one that was put back signs nothing then.

    To be called before the first signature of a process. Answers how many witnesses could be asked.
    """
    origin = queries.log().origin
    urls = dict.fromkeys(one.url for one in queries.policy().witnesses if one.url)
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
