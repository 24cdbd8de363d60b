"""`pianqu bench casework`: create, list of 50 and detail at a size, on SQLite or a throwaway PostgreSQL."""

import os
import tempfile
from contextlib import ExitStack
from importlib import import_module

from pianqu.composition.bench.report import finish, options
from pianqu.composition.prepare import prepare
from pianqu.composition.throwaway import postgresql


def main(argv: list[str]) -> int:
    """Measure in a data folder and database of their own."""
    parser = options("casework", "Create, list and detail against the real server 办件读写测速。")
    parser.add_argument("--rows", type=int, default=10_000, help="how many cases there are (default 10 000) 办件数")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="which database 数据库")
    asked = parser.parse_args(argv)
    rows = min(asked.rows, 2_000) if asked.quick else asked.rows
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ["PIANQU_DATA"] = f"{folder}/data"
        os.environ.pop("PIANQU_KEYS", None)
        os.environ["PIANQU_DATABASE"] = stack.enter_context(postgresql()) if asked.db == "postgres" else ""
        prepare(empty=True)
        found = import_module("pianqu.composition.bench.casework").measure(rows=rows, quick=asked.quick)
        return finish(asked, f"Casework at {rows} rows ({asked.db})", found)
