"""Who sees which matter: every organisation of the demo district against every matter, held against the directory's scope."""

from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

import pytest

from pianqu.composition import demo
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.queries.cases import GONE
from pianqu.rooms.directory import queries as directory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def of(code: str) -> Actor:
    return Actor(kind="post", post_id="0", organisation_code=code)


def holders() -> dict[UUID, set[str]]:
    """Who received each case, and whose part it is or was."""
    held: dict[UUID, set[str]] = defaultdict(set)
    for case_id, code in Case.objects.values_list("id", "organisation_code"):
        held[case_id].add(code)
    for case_id, code in Task.objects.exclude(state__in=GONE).values_list("case_id", "organisation_code"):
        held[case_id].add(code)
    return held


def test_every_organisation_sees_what_its_scope_holds_and_nothing_else() -> None:
    demo.load(now=NOW)
    held, places = holders(), dict(Case.objects.values_list("id", "place_code"))
    numbers = set()
    for card in directory.every_organisation():
        actor, scope = of(card.code), directory.scope_of(of(card.code))
        wanted = {c for c, codes in held.items() if any(scope.sees(code, places[c] or "") for code in codes)}
        page = queries.cases_for(actor, size=1_000)
        assert {row.case_id for row in page.rows} == wanted and page.total == len(wanted), card.code
        numbers.add(len(wanted))
        for case_id in sorted(held.keys() - wanted)[:2]:
            with pytest.raises(Absent):
                queries.case_for(actor, case_id)
    assert len(numbers) > 5
    assert {0, len(held)} <= numbers
