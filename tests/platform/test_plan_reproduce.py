"""`pianqu plan reproduce` for somebody who has two files and no installation."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pianqu.kernels.partition.asking import solve
from pianqu.kernels.partition.records import digest_of, read_units, write_units
from tests.platform.houses import environment

SIDE = 6


def units() -> dict[str, Any]:
    count = SIDE * SIDE
    along = [[n, n + 1, 300] for n in range(count) if (n + 1) % SIDE]
    across = [[n, n + SIDE, 300] for n in range(count - SIDE)]
    return {
        "level": "clusters",
        "keys": [f"k{n}" for n in range(count)],
        "names": [f"{n}号" for n in range(count)],
        "population": [None] * count,
        "households": [300 + n * 37 % 90 for n in range(count)],
        "workload": [0] * count,
        "borders": along + across,
        "bridges": [],
        "systems": [
            {"name": "street", "label": "街道", "areas": ["东" if n % SIDE < 3 else "西" for n in range(count)]}
        ],
        "home": [n // (2 * SIDE) for n in range(count)],
        "now": [{"code": f"c{n}", "name": f"片区{n}", "centre_code": ""} for n in range(3)],
        "sources": {},
    }


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    text = write_units(units())
    written = read_units(text)
    asked = {
        "clusters": 3,
        "settings": {"balance": "households", "tolerance": 1_000, "seed": 5, "sweeps": 40, "tries": 1},
        "locks": [[0, 0]],
        "centres": [-1, -1, -1],
        "known": list(written.units.home),
    }
    found = solve(written, asked, stop_after=7)
    begins = list(written.units.home)
    moves = [[n, old, new] for n, (old, new) in enumerate(zip(begins, found.part, strict=True)) if old != new]
    record = {
        "format": "planning.record/v1",
        "units_digest": written.digest,
        "begins": begins,
        "part": list(found.part),
        "plans": [{"id": "p", "entry": "", "question": asked, "steps": found.steps, "digest": found.digest}],
        "changes": [
            {"number": 1, "kind": "choose", "moves": moves, "option": "p", "digest": digest_of(list(found.part))}
        ],
    }
    (tmp_path / "units.json").write_text(json.dumps({"units": json.loads(text), "shapes": {}}))
    (tmp_path / "record.json").write_text(json.dumps(record))
    return tmp_path / "units.json", tmp_path / "record.json"


def reproduced(*paths: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    """The command in an empty folder."""
    command = [sys.executable, "-m", "pianqu.composition.cli", "plan", "reproduce"]
    options = ["--units", str(paths[0]), "--record", str(paths[1])]
    own = environment(paths[0].parent / "nowhere", PIANQU_LANGUAGE=language)
    return subprocess.run([*command, *options], env=own, capture_output=True, text=True, timeout=120, check=False)


def test_two_files_are_enough(files: tuple[Path, Path]) -> None:
    done = reproduced(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Yes: the plan follows from its record.\n")


def test_another_plan_is_noticed_and_said_in_chinese(files: tuple[Path, Path]) -> None:
    record = json.loads(files[1].read_text())
    record["part"][35] = 0
    files[1].write_text(json.dumps(record))
    done = reproduced(*files, language="zh-hans")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "否" in done.stdout


@pytest.mark.parametrize("content", ["{}", "[]", "no json", '{"format": "planning.record/v1"}'])
def test_what_is_no_record_is_refused_with_a_sentence(files: tuple[Path, Path], content: str) -> None:
    files[1].write_text(content)
    done = reproduced(*files)
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
