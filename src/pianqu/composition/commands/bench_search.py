"""`pianqu bench search`: words of two characters and more, found in so many matters."""

from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.place import Filled, installation
from pianqu.composition.bench.report import finish, options


def main(argv: list[str]) -> int:
    """Measure in a data folder and database of their own, or in a kept one."""
    parser = options("search", "Words found in so many matters, against a plain reading 检索测速。")
    parser.add_argument("--rows", type=int, default=15_000, help="how many matters there are (default 15 000) 办件数")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="which database 数据库")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the filled database there 保留数据库")
    asked = parser.parse_args(argv)
    rows = asked.rows = min(asked.rows, 5_000) if asked.quick else asked.rows
    with installation(asked.db, asked.keep) as folder:
        import_module("pianqu.composition.bench.filling").fill_to(rows, Filled(folder))
        found = import_module("pianqu.composition.bench.search").measure(rows=rows, count=200 if asked.quick else 1_000)
        return finish(asked, f"Search in {rows} matters ({asked.db})", found)
