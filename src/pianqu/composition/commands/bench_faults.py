"""`pianqu bench faults`: 200 kills each of sealer, witness and mirror (10 with --quick), and what was promised examined."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.report import Row, finish, options
from pianqu.composition.prepare import prepare
from pianqu.composition.throwaway import postgresql
from pianqu.kernels import sm2

KILLS, QUICK, QUICK_SEALER = 200, 10, 20


def main(argv: list[str]) -> int:
    """Run the kills in folders of their own."""
    parser = options("faults", "Kill sealer, witness and mirror at any moment 断点故障。")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="the sealer's database 数据库")
    parser.add_argument("--only", choices=list(_SUBJECTS), help="one of the three 只做其一")
    asked = parser.parse_args(argv)
    rows: list[Row] = []
    for name in [asked.only] if asked.only else _SUBJECTS:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            rows += _SUBJECTS[name](Path(folder), asked)
            rows.append(Row(name=f"{name}: time", value=time.monotonic() - began, unit="s"))
    return finish(asked, f"Kill tests ({asked.db})", rows)


def _sealer(folder: Path, asked: argparse.Namespace) -> list[Row]:
    """Killed between any two of its steps, found by tracing."""
    with ExitStack() as stack:
        os.environ["PIANQU_DATA"] = f"{folder}/data"
        os.environ.pop("PIANQU_KEYS", None)
        os.environ["PIANQU_DATABASE"] = stack.enter_context(postgresql()) if asked.db == "postgres" else ""
        os.environ["PIANQU_GM"] = "1" if sm2.is_installed() else "0"
        prepare(empty=True)
        outcomes = import_module("pianqu.composition.bench.faults").run(QUICK_SEALER if asked.quick else KILLS)
    for outcome in outcomes:
        for problem in outcome.problems:
            sys.stdout.write(f"killed at step {outcome.step} ({outcome.where}): {problem}\n")
    places = Counter(outcome.where.split(":")[0] for outcome in outcomes)
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    told_twice = sum("what was published" in problem for problem in problems)
    return [
        *_rows("sealer", len(outcomes), told_twice, len(problems) - told_twice, QUICK_SEALER),
        *(Row(name=f"killed in {place}", value=count) for place, count in sorted(places.items())),
    ]


def _server(name: str, folder: Path, asked: argparse.Namespace) -> list[Row]:
    """A process of its own, killed at random while a log with two faces grows."""
    kills = QUICK if asked.quick else KILLS
    seen = getattr(import_module("pianqu.composition.bench.killed_servers"), name)(folder, kills)
    sys.stdout.writelines(f"{name}: {sentence}\n" for sentence in seen.lost)
    return [
        *_rows(name, seen.kills, seen.equivocations, len(seen.lost), kills),
        Row(name=f"{name}: trees that were seen signed", value=len(seen.signed), at_least=1),
    ]


def _rows(name: str, kills: int, equivocations: int, lost: int, wanted: int) -> list[Row]:
    return [
        Row(name=f"{name}: killed", value=kills, at_least=wanted),
        Row(name=f"{name}: equivocations", value=equivocations, at_most=0),
        Row(name=f"{name}: lost facts and other broken promises", value=lost, at_most=0),
    ]


_SUBJECTS: dict[str, Callable[[Path, argparse.Namespace], list[Row]]] = {
    "sealer": _sealer,
    "witness": lambda folder, asked: _server("witness", folder, asked),
    "mirror": lambda folder, asked: _server("mirror", folder, asked),
}
