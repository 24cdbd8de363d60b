"""Twenty kills between the steps of record, seal, publish and deliver; `pianqu bench faults` makes two hundred."""

import subprocess
import sys

import pytest

from pianqu.composition.throwaway import find_programs

pytestmark = pytest.mark.slow
NO_SERVER = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=[NO_SERVER, pytest.mark.postgres])])
def test_nothing_that_was_promised_is_lost_when_the_process_is_killed(database: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pianqu.composition.cli",
        "bench",
        "faults",
        "--quick",
        "--check",
        "--only",
        "sealer",
    ]
    done = subprocess.run([*command, "--db", database], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed in sealing.py" in done.stdout
    assert "killed in recording.py" in done.stdout
    assert "killed in twinning.py" in done.stdout
