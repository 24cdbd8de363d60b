"""A process of its own: it plans an act on many matters, kills the worker half-way, and looks at what is left.

python -m tests.faults.killed_bulk sqlite|postgres
"""

import os
import signal
import sys
from importlib import import_module

MATTERS, TURN = 30, 12
"""Killed in the turn of the twelfth matter: its note is written, its mark is not kept yet."""


def main(database: str) -> None:
    place = import_module("pianqu.composition.bench.place")
    with place.installation(database, None):
        _try()


def _try() -> None:
    from django.db import connection
    from django.utils import timezone

    from pianqu.composition.bench.filling import NOW, fill_history
    from pianqu.composition.chores import act_on_many
    from pianqu.composition.district import load_district
    from pianqu.composition.screens.filling import _post
    from pianqu.rooms.casework import queries, services
    from pianqu.rooms.casework.models import BulkItem, Note
    from pianqu.rooms.casework.services import bulk
    from pianqu.rooms.ledger import queries as ledger

    load_district(code="330205", now=NOW)
    fill_history(MATTERS)
    now = timezone.now()
    actor = _post("someone", "330205-centre", "window", now)
    rows = queries.cases_for(actor, filters=queries.CaseFilter(), size=MATTERS).rows
    bulk_id = services.plan_bulk(
        actor=actor,
        case_ids=[row.case_id for row in rows],
        wanted=services.Wanted(act="note", values={}, words="周三统一巡查"),
        language="en",
        now=now - services.UNDO_WINDOW,
    )
    connection.close()

    def act_and_die() -> None:
        real, turns = bulk._act, 0

        def dies(*given: object) -> None:
            nonlocal turns
            real(*given)  # type: ignore[arg-type]
            turns += 1
            if turns == TURN:
                os.kill(os.getpid(), signal.SIGKILL)

        bulk._act = dies
        act_on_many()

    child = os.fork()
    if not child:
        act_and_die()
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    done = BulkItem.objects.filter(state="done").count()
    assert (done, Note.objects.count()) == (TURN - 1, TURN - 1), "each matter is done and marked, or neither"

    assert act_on_many() == MATTERS - TURN + 1
    assert act_on_many() == 0
    card, refusals = queries.bulk_act_of(actor, bulk_id)
    assert (card.done, card.waiting, refusals) == (MATTERS, 0, ()), card
    noted = list(Note.objects.values_list("case_id", flat=True))
    assert len(noted) == len(set(noted)) == MATTERS, "nothing twice"
    for row in rows:
        facts = [entry.kind for entry in ledger.history(f"case:{row.case_id}")]
        assert facts.count("casework.case-noted") == 1, facts
    sys.stdout.write("killed half-way, gone on with, nothing twice\n")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "pianqu.composition.settings"
    main(sys.argv[1])
