"""Several runs of one measurement side by side: a column for each database and size, made from the files that `--json` wrote."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.bench.report import Row, number

DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "": ""}
TOGETHER = ("p50", "p95", "rate")
"""Figures of one crowd or one kind of question, which share a cell."""
NONE_FAILED = "failures, all together"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run."""

    subject: str
    db: str
    matters: int
    machine: str
    rows: Mapping[str, Row]

    @property
    def column(self) -> str:
        size = number(self.matters) if self.matters else ""
        return f"{DATABASES[self.db]} {size}".strip()


def read(path: Path) -> Measured:
    """The run that a file holds."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    rows = [Row(**{name: value for name, value in row.items() if name != "holds"}) for row in kept["rows"]]
    return Measured(kept["subject"], kept["db"], int(kept["matters"]), kept["machine"], {row.name: row for row in rows})


def tables(runs: Sequence[Measured]) -> str:
    """One Markdown table for each subject, in the order in which they come."""
    subjects = list(dict.fromkeys(run.subject for run in runs))
    return "\n".join(_table([run for run in runs if run.subject == subject]) for subject in subjects)


def _table(runs: Sequence[Measured]) -> str:
    columns = sorted(runs, key=lambda run: (list(DATABASES).index(run.db), run.matters))
    heads = ["figure", *(run.column for run in columns), "target"]
    lines = [f"### bench {runs[0].subject}", "", columns[0].machine, "", _line(heads)]
    lines.append("|---|" + "---:|" * len(columns) + "---|")
    for name, parts in _groups(columns).items():
        cells = [_cell([run.rows[part] for part in parts if part in run.rows]) for run in columns]
        lines.append(_line([name, *cells, _targets(columns, parts)]))
    if failures := _failures(columns):
        lines.append(_line([NONE_FAILED, *failures, "≤ 0"]))
    return "\n".join([*lines, "", *_notes(columns)]) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _groups(runs: Sequence[Measured]) -> dict[str, list[str]]:
    """Names of figures under the line in which they stand, in the order of the run that has most."""
    found: dict[str, list[str]] = {}
    fullest = sorted(runs, key=lambda run: -len(run.rows))
    for name in dict.fromkeys(name for run in fullest for name in run.rows):
        label, _colon, figure = name.rpartition(": ")
        if figure == "failures":
            continue
        found.setdefault(label if figure in TOGETHER else name, []).append(name)
    return found


def _cell(rows: Sequence[Row]) -> str:
    """Figures with the same unit share it: `3.1 / 5.2 ms, 200 /s`. What misses its target is bold."""
    said: list[str] = []
    for place, row in enumerate(rows):
        value = number(row.value) if row.holds else f"**{number(row.value)}**"
        follows = place + 1 < len(rows) and rows[place + 1].unit == row.unit
        said.append(value + (" / " if follows else f" {row.unit}".rstrip() + (", " if place + 1 < len(rows) else "")))
    return "".join(said)


def _targets(runs: Sequence[Measured], parts: Sequence[str]) -> str:
    found: dict[str, None] = {}
    for part in parts:
        for run in runs:
            row = run.rows.get(part)
            if row is not None and row.target:
                figure = f"{part.rpartition(': ')[2]} " if len(parts) > 1 else ""
                found[f"{figure}{row.target} {row.unit}".strip()] = None
    return "; ".join(found)


def _failures(runs: Sequence[Measured]) -> list[str]:
    """How many requests failed in each run; empty where no run counts them."""
    counted = [[row.value for name, row in run.rows.items() if name.endswith(": failures")] for run in runs]
    sums = [number(sum(each)) for each in counted]
    return [one if one == "0" else f"**{one}**" for one in sums] if any(counted) else []


def _notes(runs: Sequence[Measured]) -> list[str]:
    """What figures are compared with: once where all runs say the same, else for each run."""
    said: dict[str, dict[str, None]] = {}
    for run in runs:
        for name, row in run.rows.items():
            if row.baseline:
                said.setdefault(name, {})[row.baseline] = None
    shared: dict[str, list[str]] = {}
    for name, baselines in said.items():
        if len(baselines) == 1:
            shared.setdefault(next(iter(baselines)), []).append(name)
    notes = [f"- {', '.join(names)}: {baseline}" for baseline, names in shared.items()]
    for name, baselines in said.items():
        if len(baselines) > 1:
            each = "; ".join(
                f"{run.column}: {compared.baseline}"
                for run in runs
                if (compared := run.rows.get(name)) and compared.baseline
            )
            notes.append(f"- {name}: {each}")
    return notes
