"""A process of its own: it fills an installation, kills a writer half-way through a table, and looks at what is left.

python -m tests.faults.killed_export sqlite|postgres
"""

import os
import signal
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any

MATTERS, PAGE, PAGES = 1_500, 100, 7


def main(database: str) -> None:
    place = import_module("pianqu.composition.bench.place")
    with place.installation(database, None):
        _try()


def _try() -> None:
    from django.db import connection
    from django.utils import timezone

    from pianqu.composition.bench.filling import NOW, fill_history
    from pianqu.composition.chores import system_actor, tidy, write_exports
    from pianqu.composition.district import load_district
    from pianqu.composition.screens.filling import _post
    from pianqu.foundation import growing
    from pianqu.foundation.errors import Refused
    from pianqu.foundation.installation import installation
    from pianqu.rooms.casework import jobs, queries, services
    from pianqu.rooms.casework.models import ExportRun

    load_district(code="330205", now=NOW)
    fill_history(MATTERS)
    actor = _post("someone", "330205-centre", "window", timezone.now())
    export_id = services.ask_for_export(
        actor=actor, form="xlsx", filters=queries.CaseFilter(), language="en", now=timezone.now()
    )
    connection.close()

    def write_and_die() -> None:
        (work,) = queries.exports_to_write(now=timezone.now(), most=1)
        for page, _count in enumerate(jobs.written(work, actor=system_actor(), page_size=PAGE), start=1):
            if page == PAGES:
                os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:
        write_and_die()
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    names = [path.name for path in installation().exports.iterdir()]
    assert len(names) == 1 and names[0].endswith(".part"), names
    assert write_exports() == 0, "the dead writer holds it for a while"
    _cannot_be_fetched(services, actor, export_id, timezone.now(), Refused)

    ExportRun.objects.update(held_until=timezone.now() - timedelta(seconds=1))  # the while is over
    assert write_exports() == 1
    card = queries.export_of(actor, export_id, now=timezone.now())
    assert (card.state, card.matters) == ("ready", MATTERS), card
    taken = services.take_export(actor=actor, export_id=export_id, now=timezone.now())
    with growing.open_whole(taken.name) as file:
        _is_whole(file)
    long_ago = (timezone.now() - jobs.UNNAMED * 2).timestamp()
    os.utime(installation().exports / names[0], (long_ago, long_ago))
    tidy()
    assert [path.name for path in installation().exports.iterdir()] == [taken.name]
    sys.stdout.write("killed half-way, begun anew, whole\n")


def _cannot_be_fetched(services: Any, actor: Any, export_id: Any, now: Any, refused: type[Exception]) -> None:
    try:
        services.take_export(actor=actor, export_id=export_id, now=now)
    except refused:
        return
    raise AssertionError("half a table was handed out")


def _is_whole(file: Any) -> None:
    from openpyxl import load_workbook

    rows = list(load_workbook(file, read_only=True).active.iter_rows(min_row=2, max_col=1, values_only=True))
    assert len(rows) == len(set(rows)) == MATTERS


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "pianqu.composition.settings"
    main(sys.argv[1])
