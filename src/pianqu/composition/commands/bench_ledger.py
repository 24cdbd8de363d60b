"""`pianqu bench ledger`: entries a second with three real witnesses, proofs, replay, submits over HTTP, time to a quorum."""

from importlib import import_module
from pathlib import Path

from pianqu.composition.bench.place import installation
from pianqu.composition.bench.report import finish, options


def main(argv: list[str]) -> int:
    """Measure in a data folder and database of their own."""
    parser = options("ledger", "The ledger with three real witnesses, and what can be proved from it 账本测速。")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="which database 数据库")
    parser.add_argument(
        "--entries",
        type=int,
        default=1_000_000,
        help="size of the log for proofs and replay (default 1 000 000) 条目数",
    )
    parser.add_argument("--part", action="append", metavar="NAME", help="only this part; may be repeated 只测某部分")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the filled database there 保留数据库")
    asked = parser.parse_args(argv)
    entries = min(asked.entries, 30_000) if asked.quick else asked.entries
    with installation(asked.db, asked.keep, tuned=True) as folder:
        ledger = import_module("pianqu.composition.bench.ledger")
        if unknown := set(asked.part or ()) - set(ledger.PARTS):
            parser.error(f"there is no part {', '.join(sorted(unknown))}: {', '.join(ledger.PARTS)}")
        found = ledger.measure(
            parts=tuple(asked.part or ledger.PARTS), entries=entries, quick=asked.quick, folder=folder
        )
        return finish(asked, f"Ledger ({asked.db})", found)
