"""Kill tests: a process that records, seals, publishes and delivers is killed between any two of its steps.

A child is traced line by line through the ledger's own code and kills itself (SIGKILL, no clean-up) at the line that the
seed chose. Another child then opens the same data folder as a restarted worker would, and everything that was promised is
checked: no acknowledged verb lost, chains without gaps, nothing sealed twice, every checkpoint that anybody saw is a beginning of
the log as it stands, readers heard every fact once.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connection

from pianqu.composition import wiring
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.kernels import note
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.ledger import jobs as ledger_jobs
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services as ledger_verbs

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACTOR = Actor(kind="resident", organisation_code="330205-centre")
STEPS = ("recording.py", "sealing.py", "delivering.py", "twinning.py", "verbs.py")
ROUNDS = 3
KEPT = "pianqu_kept"
PATIENCE = 10.0
"""Seconds for a database server to notice that the killed process is gone, with its locks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one killed run."""

    step: int
    where: str
    problems: tuple[str, ...]


def scenario(acknowledge: Callable[[str], None]) -> None:
    """Three rounds of: two verbs, a seal, a delivery, the twin kept up. Every verb that returned is acknowledged."""
    for _ in range(ROUNDS):
        for _ in range(2):
            acknowledge(
                cases.open_case(actor=ACTOR, words="路灯坏了", category="roads", place=PlaceChoice(), now=NOW).case_code
            )
        ledger_verbs.seal(now=NOW)
        wiring.drain()
        _keep_twin()


def _keep_twin() -> None:
    ledger_jobs.keep_twin(actor=ACTOR, clock=lambda: NOW)


def steps() -> list[str]:
    """The file of each step (line of the ledger's code) of an undisturbed run, which is made in the current data folder."""
    seen: list[str] = []
    with _traced(lambda frame: seen.append(Path(frame.f_code.co_filename).name)):
        scenario(lambda _code: None)
    return seen


def run(count: int, *, seed: int = 1) -> list[Outcome]:
    """Kill at `count` steps or a few more, as many in each file and spread over its steps; answers what was found after each.

    The current data folder and database must be prepared and empty; both are copied, and put back before every run.
    """
    with kept_aside() as put_back:
        places = _in_child(lambda tell: _tell_all(tell, steps()))
        outcomes = []
        for step in _chosen(places, count, seed):
            put_back()
            outcomes.append(_one(step))
    return outcomes


@contextmanager
def kept_aside() -> Iterator[Callable[[], None]]:
    """Copy data folder and database as they are; what is yielded puts the copy back, and so does the end."""
    connection.close()
    data = installation().data
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        shutil.copytree(data, kept)
        _copy_database(there=KEPT)

        def put_back() -> None:
            connection.close()
            _put_back(kept, data)
            _copy_database(there="")

        yield put_back
        put_back()


def _copy_database(*, there: str) -> None:
    """PostgreSQL only (SQLite's file lies in the data folder): copy the database to `there`, or back from KEPT."""
    if connection.vendor != "postgresql":
        return
    name = connection.settings_dict["NAME"]
    source, target = (name, there) if there else (KEPT, name)
    with connection._nodb_cursor() as cursor:  # as Django's own test runner does
        cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _chosen(places: Sequence[str], count: int, seed: int) -> list[int]:
    """As many steps of each place, one out of each of equal stretches of its steps: what has many steps hides nothing else."""
    dice = random.Random(seed)
    of_place: dict[str, list[int]] = {}
    for step, place in enumerate(places):
        of_place.setdefault(place, []).append(step)
    each = -(-count // len(of_place))
    return sorted(
        {
            own[dice.randrange(len(own) * n // each, max(len(own) * n // each + 1, len(own) * (n + 1) // each))]
            for own in of_place.values()
            for n in range(each)
        }
    )


def _put_back(kept: Path, data: Path) -> None:
    shutil.rmtree(data)
    shutil.copytree(kept, data)


def _one(step: int) -> Outcome:
    told = _in_child(lambda tell: _victim(step, tell))
    before = _published()
    codes = [line[3:] for line in told if line.startswith("ok ")]
    where = next((line[5:] for line in told if line.startswith("kill ")), "not reached")
    problems = _in_child(lambda tell: _tell_all(tell, _examine(codes, before)))
    return Outcome(step, where, tuple(problems))


def _tell_all(tell: Callable[[str], None], lines: list[str]) -> None:
    for line in lines:
        tell(line)


def _victim(step: int, tell: Callable[[str], None]) -> None:
    left = step

    def die(frame: FrameType) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            tell(f"kill {Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}")
            os.kill(os.getpid(), signal.SIGKILL)

    with _traced(die):
        scenario(lambda code: tell(f"ok {code}"))


@contextmanager
def _traced(act: Callable[[FrameType], None]) -> Iterator[None]:
    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.endswith(STEPS):
            return None
        if event == "line":
            act(frame)
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)


def _write(pipe: int, line: str) -> None:
    os.write(pipe, f"{line}\n".encode())


def _in_child(act: Callable[[Callable[[str], None]], Any]) -> list[str]:
    """Run `act` in a forked process; answers the lines that it told before it ended, in whatever way."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        code = 1
        try:
            act(partial(_write, writing))
            code = 0
        except Exception as error:  # noqa: BLE001 - the child has nobody else to tell
            _write(writing, f"raised {type(error).__name__}: {error}")
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as lines:
        told = lines.read().splitlines()
    os.waitpid(pid, 0)
    return told


def _published() -> str:
    path = installation().published / ledger.PUBLISHED_NAME
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _examine(codes: list[str], seen: str) -> list[str]:
    """Start again as the worker would, then look for broken promises."""
    twin_seen = ledger.twin_roots()
    _catch_up()
    problems = [*ledger.audit(), *ledger.audit_twin()]
    if twin_seen.items() - ledger.twin_roots().items():
        problems.append("the twin contradicts what was published")
    if ledger.twin_card().is_kept and ledger.twin_card().behind:
        problems.append("the twin did not catch up")
    opened = casework.counts().opened
    kept = casework.cases_for(Actor(kind="system", organisation_code="330205"), size=1000).rows
    problems += [f"acknowledged case {code} is lost" for code in codes if code not in {row.code for row in kept}]
    if opened != len(kept):
        problems.append(f"the reader heard {opened} openings of {len(kept)}")
    if seen:
        body = note.CheckpointBody.decode(note.text_of(seen))
        if body.size and ledger.tree(ledger.sealed_size()).size < body.size:
            problems.append("the log is shorter than what was published")
        elif body.root != ledger.root_at(body.size):
            problems.append("the log contradicts what was published")
    return problems


def _catch_up() -> None:
    """Seal and deliver as the worker does: again, while the server still holds the dead process's lock."""
    until = time.monotonic() + PATIENCE
    ledger_verbs.seal(now=NOW)
    while ledger.status().waiting and time.monotonic() < until:
        time.sleep(0.02)
        ledger_verbs.seal(now=NOW)
    wiring.drain()
    _keep_twin()
    ledger_verbs.seal(now=NOW)  # what the twin states is an entry too
    wiring.drain()
    _keep_twin()
