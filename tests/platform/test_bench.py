"""What measurements make of what they measured. Nothing here is timed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pianqu.composition.bench import memory, serving, tables
from pianqu.composition.bench.report import Row, finish, options, percentile

# memory --------------------------------------------------------------------------------------------------------------


def test_a_line_that_rises_is_seen_as_growth_over_the_run_and_an_hour() -> None:
    found = memory.growth([0, 600, 1200, 1800], [100, 102, 104, 106])
    assert found.percent == pytest.approx(6 / 103 * 100)
    assert found.mib_per_hour == pytest.approx(12)
    assert (found.first, found.last, found.middle) == (100, 106, 103)


def test_one_high_sample_at_the_end_is_not_growth_and_shrinking_is_negative() -> None:
    flat = [100.0] * 179
    assert 0 < memory.growth(range(180), [*flat, 120.0]).percent < 1
    assert memory.growth([0, 10, 20], [120, 110, 100]).percent < 0


def test_memory_of_a_process_holds_what_its_children_hold() -> None:
    if sys.platform != "linux":
        pytest.skip("read from /proc")
    alone = serving.memory_mib(os.getpid())
    words = "import sys; kept = b'x' * 50_000_000; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"held\n"
        assert serving.memory_mib(os.getpid()) > alone + 45


# figures -------------------------------------------------------------------------------------------------------------


def test_percentiles_are_values_of_the_sample() -> None:
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7], 0.95) == 7


def kept(folder: Path, *rows: Row, db: str = "sqlite", matters: int = 10_000) -> tuple[Path, int]:
    """A run's file as --json writes it, and the exit code."""
    parser = options("casework", "")
    parser.add_argument("--db")
    parser.add_argument("--rows", type=int)
    file = folder / f"{db}-{matters}.json"
    asked = parser.parse_args(["--json", str(file), "--check", "--db", db, "--rows", str(matters)])
    return file, finish(asked, "Casework", rows)


def test_a_missed_target_is_an_exit_code_and_bold_in_the_table(tmp_path: Path) -> None:
    file, code = kept(tmp_path, Row(name="list: p95", value=20, unit="ms", at_most=12))
    assert code == 1 and json.loads(file.read_text())["rows"][0]["holds"] is False
    assert "| list | **20** ms | ≤ 12 ms |" in tables.tables([tables.read(file)])


def test_runs_stand_side_by_side_smaller_ones_first_and_crowds_share_a_cell(tmp_path: Path) -> None:
    def crowd(p95: float) -> list[Row]:
        return [
            Row(name="list, 8 clients: p50", value=3, unit="ms"),
            Row(name="list, 8 clients: p95", value=p95, unit="ms", at_most=12),
            Row(name="list, 8 clients: rate", value=200, unit="/s"),
            Row(name="list, 8 clients: failures", value=0, at_most=0),
            Row(name="create: CPU", value=2.5, unit="ms", baseline="another: 50 ms"),
        ]

    large, _code = kept(tmp_path, *crowd(14), db="postgres", matters=1_000_000)
    small, _code = kept(tmp_path, *crowd(5), db="sqlite")
    lines = tables.tables([tables.read(large), tables.read(small)]).splitlines()
    assert "| figure | SQLite 10\u2009000 | PostgreSQL 1\u2009000\u2009000 | target |" in lines
    assert "| list, 8 clients | 3 / 5 ms, 200 /s | 3 / **14** ms, 200 /s | p95 ≤ 12 ms |" in lines
    assert "| create: CPU | 2.50 ms | 2.50 ms |  |" in lines
    assert f"| {tables.NONE_FAILED} | 0 | 0 | ≤ 0 |" in lines
    assert lines[-1] == "- create: CPU: another: 50 ms"


def test_what_only_one_run_measured_is_left_out_for_the_other(tmp_path: Path) -> None:
    one, _code = kept(tmp_path, Row(name="plans", value=0, at_most=0), db="postgres")
    other, _code = kept(tmp_path, Row(name="matters", value=5))
    lines = tables.tables([tables.read(one), tables.read(other)]).splitlines()
    assert "| plans |  | 0 | ≤ 0 |" in lines and "| matters | 5 |  |  |" in lines
