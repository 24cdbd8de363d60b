"""`pianqu bench casework`: create, list of 50 and detail at a size, on SQLite or a throwaway PostgreSQL."""

from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.place import Filled, installation
from pianqu.composition.bench.report import finish, options

SMALL = 20_000
"""Up to here every matter goes through every step, and pages are asked over HTTP; beyond, what grows is measured."""


def main(argv: list[str]) -> int:
    """Measure in a data folder and database of their own, or in a kept one."""
    parser = options("casework", "Create, list and detail against the real server 办件读写测速。")
    parser.add_argument("--rows", type=int, default=10_000, help="how many cases there are (default 10 000) 办件数")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="which database 数据库")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the filled database there 保留数据库")
    parser.add_argument("--size", action="store_true", help="measure how times grow, at any number of rows 规模测试")
    parser.add_argument(
        "--minutes",
        type=float,
        default=0,
        help="watch the memory of server and worker for so long instead 内存观察分钟数",
    )
    asked = parser.parse_args(argv)
    rows = asked.rows = min(asked.rows, 2_000) if asked.quick else asked.rows
    with installation(asked.db, asked.keep) as folder:
        if asked.minutes:
            asked.subject = "casework --minutes"
            memory = import_module("pianqu.composition.bench.memory")
            found = memory.measure(rows=rows, filled=Filled(folder), minutes=asked.minutes)
            return finish(asked, f"Memory over {asked.minutes:g} minutes at {rows} rows ({asked.db})", found)
        if asked.size or rows > SMALL:
            at_size = import_module("pianqu.composition.bench.size")
            found = at_size.measure(rows=rows, filled=Filled(folder), quick=asked.quick)
        else:
            found = import_module("pianqu.composition.bench.casework").measure(rows=rows, quick=asked.quick)
        return finish(asked, f"Casework at {rows} rows ({asked.db})", found)
