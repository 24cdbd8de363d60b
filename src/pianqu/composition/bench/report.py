"""The one form of every measurement: value, target, baseline, machine; as a table, as JSON, and as an exit code."""

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `at_most` or `at_least` is its target; `baseline` is what another system or an earlier day gave."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    baseline: str = ""

    @property
    def holds(self) -> bool:
        low, high = self.at_least, self.at_most
        return (low is None or self.value >= low) and (high is None or self.value <= high)

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {number(self.at_most)}"
        return f"≥ {number(self.at_least)}" if self.at_least is not None else ""


def options(name: str, description: str) -> argparse.ArgumentParser:
    """The options that every measurement has."""
    parser = argparse.ArgumentParser(prog=f"pianqu bench {name}", description=description)
    parser.set_defaults(subject=name)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too 另存为 JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed 未达标则退出码为 1")
    parser.add_argument("--quick", action="store_true", help="small sizes, within 50 s 小规模")
    return parser


def finish(asked: argparse.Namespace, title: str, rows: Sequence[Row]) -> int:
    """Print, write and judge."""
    sys.stdout.write(table(title, rows))
    if asked.json:
        body = {
            "title": title,
            "subject": asked.subject,
            "db": getattr(asked, "db", ""),
            "matters": getattr(asked, "rows", 0),
            "machine": machine(),
            "rows": [{**asdict(row), "holds": row.holds} for row in rows],
        }
        asked.json.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if asked.check and not all(row.holds for row in rows) else 0


def table(title: str, rows: Sequence[Row]) -> str:
    """The figures as Markdown, ready for docs/performance.md."""
    lines = [
        f"### {title}",
        "",
        machine(),
        "",
        "| figure | value | target | holds | baseline |",
        "|---|---:|---:|---|---|",
    ]
    lines += [
        f"| {row.name} | {number(row.value)} {row.unit} | {row.target} | {_verdict(row)} | {row.baseline} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _verdict(row: Row) -> str:
    if row.at_most is None and row.at_least is None:
        return ""
    return "yes" if row.holds else "**no**"


def number(value: float) -> str:
    """A figure as people read it: thousands apart, two places, three below one."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace(",", "\u2009")
    if abs(value) < 1:
        return f"{value:.3f}"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}".replace(",", "\u2009")


def machine() -> str:
    """What it ran on, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, {python}, {platform.system()}"


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile of a non-empty sample."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def p50(values: Sequence[float]) -> float:
    return median(values)
