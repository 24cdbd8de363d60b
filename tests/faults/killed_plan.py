"""A process of its own: it lets plans be computed, kills the worker among them, and looks at what the next one finds.

python -m tests.faults.killed_plan sqlite|postgres
"""

import os
import signal
import sys
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path

PLANS, BEFORE = 6, 2
"""Killed when so many of the plans are kept."""
PATIENCE = 120.0


def main(database: str) -> None:
    place = import_module("pianqu.composition.bench.place")
    with place.installation(database, None):
        _try()


def _try() -> None:
    from django.db import connection
    from django.utils import timezone

    from pianqu.composition.chores import compute
    from pianqu.rooms.planning import jobs, queries, services
    from pianqu.rooms.planning.models import PlanOption
    from pianqu.rooms.planning.tests.twelve import NOW, SYSTEM, district_of_twelve, started

    district_of_twelve()
    asked = {"tolerance": 800, "sweeps": 300, "tries": 2}
    killed, whole = started(settings=asked), started(settings=asked, title="对照")
    services.ask_plan(actor=SYSTEM, draft_id=killed, kind="front", count=PLANS, now=NOW)
    connection.close()
    pid = os.fork()
    if not pid:
        compute()
        os._exit(0)
    until = time.monotonic() + PATIENCE
    while PlanOption.objects.filter(draft_id=killed).count() < BEFORE and time.monotonic() < until:
        time.sleep(0.02)
    children = _children(pid)
    os.kill(pid, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    kept = dict(PlanOption.objects.filter(draft_id=killed).values_list("number", "id"))
    assert BEFORE <= len(kept) < PLANS, kept
    assert children, "the search runs in a child"
    while any(_lives(child) for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_lives(child) for child in children), "the search outlived its worker"

    later = timezone.now() + timedelta(minutes=1)
    executors = {"front": jobs.compute_plans}
    assert jobs.run_waiting(executors, actor=SYSTEM, clock=lambda: later) == 1
    services.ask_plan(actor=SYSTEM, draft_id=whole, kind="front", count=PLANS, now=NOW)
    jobs.run_waiting(executors, actor=SYSTEM, clock=lambda: later)
    one, other = (
        dict(PlanOption.objects.filter(draft_id=draft).values_list("number", "digest")) for draft in (killed, whole)
    )
    assert len(one) == PLANS and one == other, (one, other)
    again = dict(PlanOption.objects.filter(draft_id=killed).values_list("number", "id"))
    assert kept.items() <= again.items(), "what was kept is not computed again"
    run = queries.latest_run(killed, now=later)
    assert run and run.state == "done"
    sys.stdout.write(f"killed with {len(kept)} of {PLANS} plans, gone on with, the same plans\n")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "pianqu.composition.settings"
    main(sys.argv[1])
