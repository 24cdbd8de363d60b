"""The ledger changes its key under the eyes of a witness, and by the command, killed at any moment."""

import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone

from pianqu.composition.witness import home
from pianqu.composition.witness.app import Application
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, log_key_name
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM
from tests.platform.houses import PROJECT, command, environment, run
from tests.platform.test_gathering import Outside, gathered, grown, served


@pytest.mark.django_db(transaction=True)
def test_a_witness_follows_while_it_knows_one_of_the_keys(tmp_path: Path) -> None:
    services.create_log(now=NOW)
    with ExitStack() as stack:
        outside = Outside(tmp_path, stack)
        outside.witness("w")
        outside.adopt("quorum w")
        gatherer = Gatherer(timezone.now)
        grown()
        gathered(gatherer)
        services.prepare_key()
        services.rotate_key(actor=SYSTEM, days=10, now=timezone.now())
        grown()
        gathered(gatherer)
        both = queries.witnessed()
        assert both is not None and both.size == queries.sealed_size() == 4 and both.text.count("\n— ") == 3
        services.retire_keys(actor=SYSTEM, now=timezone.now())
        grown()
        gathered(gatherer)
        (card,) = queries.witnesses()
        assert (card.trouble, card.size) == ("refused", 4)
        taught = home.prepare(tmp_path / "w", name="w.example", logs=[queries.log().vkey])
        assert [one.vkey for one in taught.logs] == list(queries.log().vkeys)
        url = stack.enter_context(served(Application(taught)))
        outside.lines = [f"witness w {taught.cosigner.witness.vkey} {url}"]
        outside.adopt("quorum w")
        gathered(gatherer)
        seen = queries.witnessed()
        assert seen is not None and seen.size == queries.sealed_size() == 6
    (installation().keys / log_key_name(2)).unlink()
    keys.cache_clear()


@pytest.mark.slow
def test_the_command_killed_at_any_moment_leaves_a_ledger_that_signs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    prepare = [sys.executable, "-m", "pianqu.composition.prepare", "--empty"]
    assert subprocess.run(prepare, env=environment(data), cwd=PROJECT, timeout=60).returncode == 0
    before = run(data, "rotate-key", "--show").stdout
    draw = random.Random(6)
    for _round in range(4):
        rotation = subprocess.Popen(command("rotate-key", "--days", "0"), env=environment(data), cwd=PROJECT)
        time.sleep(draw.uniform(0.3, 1.4))
        rotation.send_signal(signal.SIGKILL)
        rotation.wait()
        audit = run(data, "verify", "log")
        assert audit.returncode == 0, audit.stdout + audit.stderr
    done = run(data, "rotate-key")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.splitlines()
    assert before.splitlines()[1].split()[1] == shown[1].split()[1]
    assert ["在用" in line for line in shown[1:]] == [False] * (len(shown) - 3) + [True, True]
    refused = run(data, "rotate-key", "--days", "7")
    assert refused.returncode == 1 and "Two keys sign until" in refused.stderr
    ended = run(data, "rotate-key", "--retire-old")
    assert ended.returncode == 0 and ended.stdout.count("signs no more") == len(shown) - 2
    assert run(data, "verify", "log").returncode == 0
    folder = data / "keys"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / log_key_name(len(shown) - 1)).unlink()
    stopped = subprocess.run(prepare, env=environment(data), cwd=PROJECT, timeout=60, capture_output=True, text=True)
    assert stopped.returncode == 1 and f"{log_key_name(len(shown) - 1)} is missing" in stopped.stderr
