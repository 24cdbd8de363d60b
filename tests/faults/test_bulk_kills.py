"""A worker that is killed in the middle of an act on many matters leaves each done or not, and none is done twice."""

import subprocess
import sys

import pytest

from pianqu.composition.throwaway import find_programs

pytestmark = pytest.mark.slow
NO_SERVER = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=[NO_SERVER, pytest.mark.postgres])])
def test_an_act_on_many_survives_the_kill_of_its_worker(database: str) -> None:
    command = [sys.executable, "-m", "tests.faults.killed_bulk", database]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed half-way, gone on with, nothing twice" in done.stdout
