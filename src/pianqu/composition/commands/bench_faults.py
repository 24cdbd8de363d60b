"""`pianqu bench faults`: 200 kills (20 with --quick), each followed by an examination of what was promised."""

import os
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from importlib import import_module

from pianqu.composition.bench.report import Row, finish, options
from pianqu.composition.prepare import prepare
from pianqu.composition.throwaway import postgresql


def main(argv: list[str]) -> int:
    """Run the kills in a data folder of their own."""
    parser = options("faults", "Kill between any two steps of record, seal, publish, deliver 断点故障。")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="which database 数据库")
    asked = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ["PIANQU_DATA"] = f"{folder}/data"
        os.environ.pop("PIANQU_KEYS", None)
        os.environ["PIANQU_DATABASE"] = stack.enter_context(postgresql()) if asked.db == "postgres" else ""
        prepare(empty=True)
        outcomes = import_module("pianqu.composition.bench.faults").run(20 if asked.quick else 200)
    for outcome in outcomes:
        for problem in outcome.problems:
            sys.stdout.write(f"killed at step {outcome.step} ({outcome.where}): {problem}\n")
    places = Counter(outcome.where.split(":")[0] for outcome in outcomes)
    rows = [
        Row(name="runs killed", value=len(outcomes), at_least=20),
        Row(name="broken promises", value=sum(len(o.problems) for o in outcomes), at_most=0),
        *(Row(name=f"killed in {place}", value=count) for place, count in sorted(places.items())),
    ]
    return finish(asked, f"Kill tests ({asked.db})", rows)
