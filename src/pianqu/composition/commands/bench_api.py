"""`pianqu bench api`: the JSON API and Open311 over HTTP against the real server, at a size."""

from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.place import Filled, installation
from pianqu.composition.bench.report import finish, options


def main(argv: list[str]) -> int:
    """Measure in a data folder and database of their own, or in a kept one."""
    parser = options("api", "The JSON API and Open311 against the real server 接口测速。")
    parser.add_argument("--rows", type=int, default=10_000, help="how many matters there are (default 10 000) 办件数")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="which database 数据库")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the filled database there 保留数据库")
    asked = parser.parse_args(argv)
    rows = asked.rows = min(asked.rows, 2_000) if asked.quick else asked.rows
    with installation(asked.db, asked.keep) as folder:
        found = import_module("pianqu.composition.bench.api").measure(
            rows=rows, filled=Filled(folder), quick=asked.quick
        )
        return finish(asked, f"API at {rows} rows ({asked.db})", found)
