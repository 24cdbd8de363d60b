"""`pianqu bench NAME`: measures in a throwaway installation, and compares with the targets."""

import sys
from importlib import import_module

NAMES = {
    "casework": ("bench_casework", "create, list and detail against the real server 办件读写"),
    "api": ("bench_api", "the JSON API and Open311 against the real server 接口"),
    "search": ("bench_search", "words of two characters and more, found in so many matters 检索"),
    "hot": ("bench_hot", "messages with one cause, grouped 热点归并"),
    "locate": ("bench_locate", "to which cell points belong, by date 坐标定位"),
    "duplicates": ("bench_duplicates", "altered copies of reports found again, beside simple ways 重复诉求"),
    "breach": ("bench_breach", "whether lateness can be told beforehand, on real requests 超期预判"),
    "triage": ("bench_triage", "suggested categories and departments on real matters 分类建议"),
    "ledger": ("bench_ledger", "entries a second with three witnesses, proofs, time to a quorum 账本"),
    "planning": ("bench_planning", "plans of clusters, beside METIS and gerrychain 片区规划"),
    "faults": ("bench_faults", "kill at every step and see that nothing is lost 断点故障"),
    "table": ("bench_table", "runs side by side, from their files 结果并列"),
}


def main(argv: list[str]) -> int:
    """Run one measurement."""
    if not argv or argv[0] not in NAMES:
        lines = [f"  pianqu bench {name:<11} {words}\n" for name, (_, words) in NAMES.items()]
        sys.stdout.write(
            "Measurements 测量:\n" + "".join(lines) + "Each that measures has --json FILE, --check and --quick.\n"
        )
        return 0 if not argv or argv[0] in {"-h", "--help"} else 2
    return int(import_module(f"pianqu.composition.commands.{NAMES[argv[0]][0]}").main(argv[1:]))
