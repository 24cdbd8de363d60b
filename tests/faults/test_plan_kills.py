"""A worker that is killed among the plans of a choice: what is ready stays, the rest is computed, and all are the same."""

import subprocess
import sys

import pytest

from pianqu.composition.throwaway import find_programs

pytestmark = pytest.mark.slow
NO_SERVER = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=[NO_SERVER, pytest.mark.postgres])])
def test_plans_survive_the_kill_of_their_worker(database: str) -> None:
    command = [sys.executable, "-m", "tests.faults.killed_plan", database]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gone on with, the same plans" in done.stdout
