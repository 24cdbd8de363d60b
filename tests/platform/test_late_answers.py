"""The ledger ends under a worker that goes on: what its witnesses still answer is about the one that has ended."""

from contextlib import ExitStack
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.utils import timezone

from pianqu.kernels.cosignature import cosigned
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.models import Checkpoint, Cosignature
from pianqu.rooms.ledger.tests.builders import SYSTEM
from pianqu.rooms.ledger.tests.test_rotate import folder  # noqa: F401 - a key folder of its own
from tests.platform.test_gathering import Outside, grown, key, settled

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_about_the_ended_ledger_is_not_kept_for_the_next(tmp_path: Path) -> None:
    """A worker that was not stopped: its witness signs late, and what it signed is of the ledger that has ended."""
    may, slow = Event(), key(3)

    def answers(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        may.wait(20)
        line = slow.cosign(body.partition("\n\n")[2].rpartition("\n\n")[0] + "\n", 1_800_000_000).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(line)))])
        return [line]

    with ExitStack() as stack:
        outside = Outside(tmp_path, stack)
        outside.put("slow", slow, answers)
        outside.adopt("quorum slow")
        grown(5)
        gatherer = Gatherer(timezone.now)
        gatherer.gather()
        assert gatherer.is_asking
        name = queries.log().origin
        services.declare_dead(actor=SYSTEM, confirm=name, reason="two histories", now=timezone.now())
        may.set()
        sleep(0.3)
        for _turn in range(3):
            grown()
            settled(gatherer)
        seen = queries.witnessed()
        assert seen is not None and seen.origin == f"{name}/2" and seen.size == queries.sealed_size()
        for row in Checkpoint.objects.all():
            for line in Cosignature.objects.filter(checkpoint=row).values_list("line", flat=True):
                assert cosigned(row.note + line, [slow.witness]), row.size
