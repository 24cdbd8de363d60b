"""A writer of a table that is killed half-way leaves nothing to be fetched, and the table is begun anew."""

import subprocess
import sys

import pytest

from pianqu.composition.throwaway import find_programs

pytestmark = pytest.mark.slow
NO_SERVER = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=[NO_SERVER, pytest.mark.postgres])])
def test_a_table_survives_the_kill_of_its_writer(database: str) -> None:
    command = [sys.executable, "-m", "tests.faults.killed_export", database]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed half-way, begun anew, whole" in done.stdout
