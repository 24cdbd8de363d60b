"""`pianqu plan clusters` with present clusters, several plans to choose from, and Ctrl-C: in processes, on Ray, or stopped."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from openpyxl import load_workbook

from pianqu.composition.commands import plan_clusters
from pianqu.composition.planning import ensemble
from pianqu.composition.planning.ensemble import How, searched
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.kernels.partition.front import MOST, settings
from pianqu.kernels.partition.problem import Task, Units
from pianqu.kernels.partition.search import Infeasible, Plan
from tests.platform.houses import PROJECT
from tests.platform.test_plan_clusters import collection, report, rows, squares, table, words

UNITS = Units(
    population=tuple(90 + n * 7 % 20 for n in range(48)),
    borders=tuple((n, n + 1, 1) for n in range(48) if (n + 1) % 8) + tuple((n, n + 8, 1) for n in range(40)),
)
TASK = Task(clusters=4, tolerance=900, sweeps=60, tries=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    features = list(squares(4, 6))
    for number, feature in enumerate(features):
        feature["properties"]["人口"] = 80 + number * 37 % 50
        feature["properties"]["片区"] = ["北岸", "", "南岸", "东岸"][(number % 6 // 2 + number // 12) % 4]
    (tmp_path / "units.geojson").write_text(json.dumps(collection(features)), encoding="utf-8")
    return tmp_path


# what moves ------------------------------------------------------------------------------------------------------------


def test_who_moves_from_a_present_cluster_is_named_and_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with override("en"):
        assert plan_clusters.main(words(folder, out="plan.xlsx", now="片区", clusters=4, moved=3, tolerance=10)) == 0
    told = report(folder)
    assert told["asked"]["now"] == "片区" and told["weights"]["moved"] == 3
    assert sorted(told["present"]) == ["东岸", "北岸", "南岸"] and set(told["present"].values()) <= {"1", "2", "3", "4"}
    book = load_workbook(folder / "plan.xlsx")
    units = list(book["Units"].iter_rows(values_only=True))
    assert units[0][2:4] == ("cluster", "present cluster")
    moved = [(row[0], row[3], row[2], row[5]) for row in units[1:] if row[3] and told["present"][row[3]] != str(row[2])]
    listed = [(row[0], row[2], row[3], row[4]) for row in book["Moved"].iter_rows(min_row=2, values_only=True)]
    assert [(code, now, int(then), size) for code, now, then, size in listed] == moved
    assert (
        told["moved"] == sum(size for _code, _now, _then, size in moved) == sum(one[4] for one in told["moved_units"])
    )
    assert f"{len(moved)} units with {told['moved']} households" in capsys.readouterr().out


def test_more_present_clusters_than_are_asked_for_are_not_all_continued(folder: Path) -> None:
    assert plan_clusters.main(words(folder, now="片区", clusters=2)) == 0
    present = report(folder)["present"]
    assert sorted(present.values(), key=str) == ["1", "2", None]
    assert report(folder)["moved"] >= 50 * sum(
        row[3] == next(n for n, at in present.items() if at is None) for row in rows(folder / "plan.csv")[1:]
    )


def test_present_clusters_that_are_numbers_keep_them(folder: Path) -> None:
    features = list(squares(4, 6))
    for number, feature in enumerate(features):
        feature["properties"]["now"] = number // 12 + 2
    table(folder, "units.geojson", json.dumps(collection(features)))
    assert plan_clusters.main(words(folder, now="now", clusters=3, tolerance=10)) == 0
    assert report(folder)["present"] == {"2": "2", "3": "3"}


# several plans -----------------------------------------------------------------------------------------------------------


def test_plans_that_no_other_beats_are_written_with_every_unit(folder: Path) -> None:
    given = words(folder, keep="street", now="片区", plans=9, tolerance=16, clusters=3, workers=2)
    assert plan_clusters.main(given) == 0
    told, plans, units = report(folder), rows(folder / "plan.csv"), rows(folder / "plan.units.csv")
    assert (told["settings"], told["searched"]) == (9, 9) and 1 < len(told["plans"]) <= told["within_limits"]
    figures = [tuple(one[name] for name in ("deviation_percent", "cut", "splits", "moved")) for one in told["plans"]]
    assert [tuple(float(cell) for cell in (row[1], row[2], row[4], row[5])) for row in plans[1:]] == figures
    assert not any(all(x <= y for x, y in zip(a, b, strict=True)) for a in figures for b in figures if a is not b)
    assert len(units) == 25 and all(len(row) == 6 + len(figures) for row in units)
    first = [row[6] for row in units[1:]]
    assert set(first) == {"1", "2", "3"}
    before = (folder / "plan.csv").read_bytes(), (folder / "plan.report.json").read_bytes()
    assert plan_clusters.main([*given[:-1], "1"]) == 0, "in this process"
    assert before == ((folder / "plan.csv").read_bytes(), (folder / "plan.report.json").read_bytes())


def test_plans_as_a_map_and_as_a_workbook(folder: Path) -> None:
    assert plan_clusters.main(words(folder, out="plan.geojson", plans=2, workers=1, tolerance=16)) == 0
    features = json.loads((folder / "plan.geojson").read_text())["features"]
    assert len(features) == 24 and "plan_1" in features[0]["properties"]
    with override("en"):
        assert plan_clusters.main(words(folder, out="plan.xlsx", plans=2, workers=1, tolerance=16)) == 0
    assert load_workbook(folder / "plan.xlsx").sheetnames == ["Plans", "Units"]


def test_where_no_plan_can_be_the_reasons_of_one_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan_clusters.main(words(folder, plans=3, workers=1, clusters=25)) == 1
    assert report(folder)["proved"] is True and capsys.readouterr().err.count("\n") == 1
    assert not (folder / "plan.csv").exists()


def test_so_many_plans_as_the_kernel_makes_may_be_asked_for() -> None:
    assert plan_clusters.MOST == MOST


# where they are searched -------------------------------------------------------------------------------------------------


def answers(how: How, **more: Any) -> list[Plan | Infeasible]:
    found = list(searched(UNITS, settings(UNITS, TASK, 6), how=how, plain=True, **more))
    assert [task for task, _answer in found] == list(settings(UNITS, TASK, 6))
    return [answer for _task, answer in found]


def test_processes_give_the_same_plans_and_are_gone_afterwards() -> None:
    here = answers("here")
    assert answers("processes", workers=2) == here and any(isinstance(one, Plan) and one.holds for one in here)
    assert not _children()


def test_a_killed_process_is_replaced_and_the_plans_are_the_same() -> None:
    killed = []

    def kill_one(_done: int) -> bool:
        if not killed and (running := _children()):
            killed.append(running[0])
            os.kill(running[0], signal.SIGKILL)
        return True

    assert answers("processes", workers=2, goes_on=kill_one) == answers("here") and killed


def test_processes_that_are_killed_again_and_again_are_told() -> None:
    def kill_all(_done: int) -> bool:
        for one in _children():
            os.kill(one, signal.SIGKILL)
        return True

    with pytest.raises(Unavailable):
        list(searched(UNITS, [TASK] * 4, how="processes", workers=2, plain=True, goes_on=kill_all))


@pytest.mark.parametrize("how", ["here", "processes"])
def test_who_stops_has_all_that_is_done_and_nothing_else(how: How) -> None:
    tasks = settings(UNITS, TASK, 20)
    found = list(searched(UNITS, tasks, how=how, workers=2, plain=True, goes_on=lambda done: done < 3))
    assert 3 <= len(found) < 20 and all(task in tasks for task, _answer in found) and not _children()
    assert found[:1] == list(searched(UNITS, tasks[:1], plain=True))


def test_processes_end_with_who_began_them(folder: Path) -> None:
    running = _begun(folder, plans=50, workers=2, effort=20_000)
    try:
        children = _wait(lambda: [one for one in _children(running.pid) if _is_worker(one)])
        running.kill()
        running.communicate(timeout=60)
        _wait(lambda: [0] if not [one for one in children if Path(f"/proc/{one}").exists()] else [])
    finally:
        running.kill()


def test_without_ray_one_sentence_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "find_spec", lambda _name: None)
    with pytest.raises(Invalid) as refused:
        answers("ray")
    assert "'ray>=2.50'" in refused.value.message


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_a_ray_cluster_gives_the_same_bytes(folder: Path) -> None:
    """A real one, of this machine, for so long."""
    made = []
    for where in ({"ray": "local", "workers": 2}, {"workers": 1}):
        running = _begun(folder, stderr=subprocess.PIPE, plans=4, clusters=3, **where)
        said, wrong = running.communicate(timeout=300)
        assert running.returncode == 0, said + wrong
        made.append([(folder / name).read_bytes() for name in ("plan.csv", "plan.units.csv", "plan.report.json")])
    assert made[0] == made[1]


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_where_no_ray_cluster_is_one_sentence_says_so(folder: Path) -> None:
    running = _begun(folder, stderr=subprocess.PIPE, plans=2, ray="127.0.0.1:1")
    said, wrong = running.communicate(timeout=120)
    assert (running.returncode, said) == (2, "") and "127.0.0.1:1" in wrong and "Traceback" not in wrong, wrong
    assert not (folder / "plan.csv").exists()


# Ctrl-C ------------------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_search_with_its_best_plan(folder: Path) -> None:
    told, said = _interrupted(folder, "plan.csv", effort=100_000)
    assert told["stopped"] is True and told["feasible"] is True and len(rows(folder / "plan.csv")) == 25
    assert "已提前停止" in said


def test_ctrl_c_ends_several_searches_with_the_plans_that_are_done(folder: Path) -> None:
    told, said = _interrupted(folder, "plan.csv", until="已完成 ([3-9]|1\\d)", plans=50, workers=2, effort=5_000)
    assert 3 <= told["searched"] < 50 and told["plans"] and "停止" in said


def _interrupted(folder: Path, out: str, *, until: str = "得分", **changed: Any) -> tuple[dict[str, Any], str]:
    """Run at a terminal, and press Ctrl-C when it says so (a pattern); the report and what was said."""
    seen, (ours, theirs) = "", pty.openpty()
    running = _begun(folder, out, stderr=theirs, **changed)
    os.close(theirs)
    try:
        for seen in _read(ours):
            if re.search(until, seen):
                running.send_signal(signal.SIGINT)
                break
        said, _nothing = running.communicate(timeout=60)
        seen += _rest(ours)
    finally:
        running.kill()
        os.close(ours)
    assert running.returncode == 3, seen + said
    return report(folder), said


def _rest(terminal: int) -> str:
    """What was said last; a terminal whose program has ended gives no more."""
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError:
        return ""


def _begun(
    folder: Path, out: str = "plan.csv", stderr: int = subprocess.DEVNULL, **changed: Any
) -> "subprocess.Popen[str]":
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PIANQU_", "DJANGO_"))}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pianqu.composition.cli",
            "plan",
            "clusters",
            *words(folder, out, tolerance=16, **changed),
        ],
        cwd=folder,
        env=known | {"PYTHONPATH": str(PROJECT / "src")},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def _read(terminal: int) -> Iterator[str]:
    """All that was said so far, whenever there is more; ends when nothing comes for a minute."""
    seen = b""
    while select.select([terminal], [], [], 60)[0]:
        seen += os.read(terminal, 4096)
        yield seen.decode(errors="replace")
    raise AssertionError(seen.decode(errors="replace"))


def _children(parent: int | None = None) -> list[int]:
    """Processes that this one (or another) began and that search."""
    of = str(parent or os.getpid())
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[1] == of and fields[0] != "Z" and _is_worker(int(entry.name)):
                found.append(int(entry.name))
    return found


def _is_worker(process: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def _wait(question: Any) -> list[int]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if found := question():
            return list(found)
        time.sleep(0.05)
    raise AssertionError("nothing came")
