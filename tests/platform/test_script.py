"""The set-up script ./pianqu on machines where something is missing: one sentence, nothing half-made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.houses import PROJECT

TOOLS = ("sh", "dirname", "cat", "cksum", "rm")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the script needs of a fresh clone."""
    place = tmp_path / "a clone"
    place.mkdir()
    shutil.copy(PROJECT / "pianqu", place)
    shutil.copytree(PROJECT / "requirements", place / "requirements")
    return place


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH with the standard tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def start(clone: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(clone / "pianqu"), "help"], env=variables, capture_output=True, text=True, timeout=120, cwd="/"
    )


def python(folder: Path, body: str) -> None:
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


@pytest.mark.parametrize("body", ["", "exit 1"], ids=["missing", "too old"])
def test_no_python_that_is_new_enough(clone: Path, bare: Path, body: str) -> None:
    if body:
        python(bare, body)
    answer = start(clone, PATH=str(bare))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "Python 3.11 or newer" in answer.stderr
    assert sorted(path.name for path in clone.iterdir()) == ["pianqu", "requirements"]


@pytest.mark.slow
def test_no_network_leaves_nothing_half_made(clone: Path, bare: Path) -> None:
    python(bare, f'exec "{Path(sys.executable).resolve()}" "$@"')
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    answer = start(clone, PATH=str(bare), HOME=str(clone.parent), **nowhere)
    assert answer.returncode == 1
    assert "is there a network" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (clone / ".venv").exists()


def test_the_script_is_plain_posix_and_executable() -> None:
    script = PROJECT / "pianqu"
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
