"""Who sees which matter: every organisation of the demo district against every matter, held against the directory's scope."""

from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from pianqu.composition import demo
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.lifecycle import ENDED, FOLLOWING, OPEN, WAITING
from pianqu.rooms.casework.models import Case, PlatformMember, Task
from pianqu.rooms.casework.queries import GONE, CaseFilter
from pianqu.rooms.casework.queries.cases import where_of
from pianqu.rooms.casework.queries.seen import HELD, seen_by
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


def members() -> dict[UUID, set[str]]:
    """Which organisations take part in the platform of each case on its street."""
    usual = {card.code: card.platform for card in queries.shipped_categories()}
    there: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in PlatformMember.objects.filter(ended_at=None, post_id=""):
        there[row.platform, row.street_code[:9]].add(row.organisation_code)
    cases = Case.objects.values_list("id", "platform", "category", "place_code")
    return {one: there[moved or usual[category], (place or "")[:9]] for one, moved, category, place in cases}


def test_every_organisation_sees_what_its_scope_holds_and_nothing_else() -> None:
    demo.load(now=NOW)
    held, places = holders(), dict(Case.objects.values_list("id", "place_code"))
    singly = members()
    shown_singly = 0
    numbers = set()
    for card in directory.every_organisation():
        actor, scope = of(card.code), directory.scope_of(of(card.code))
        wanted = {c for c, codes in held.items() if any(scope.sees(code, places[c] or "") for code in codes)}
        page = queries.cases_for(actor, size=1_000)
        assert {row.case_id for row in page.rows} == wanted and page.total == len(wanted), card.code
        numbers.add(len(wanted))
        own = {case_id for case_id, codes in singly.items() if card.code in codes}
        for case_id in sorted(held.keys() - wanted - own)[:2]:
            with pytest.raises(Absent):
                queries.case_for(actor, case_id)
        for case_id in sorted(own - wanted)[:2]:
            assert queries.case_for(actor, case_id).case_id == case_id
            shown_singly += 1
    assert len(numbers) > 5 and shown_singly > 5
    assert {0, len(held)} <= numbers


FILTERS = (
    CaseFilter(),
    CaseFilter(category="environment"),
    CaseFilter(state="resolved"),
    CaseFilter(state="dispatched"),
    CaseFilter(platform="services"),
    CaseFilter(since=NOW.date().replace(day=1)),
    CaseFilter(text="的"),
    CaseFilter(place_code="330205001000"),
    CaseFilter(place_code="330205103018", state="closed"),
    CaseFilter(place_code=queries.NONE),
    CaseFilter(order=queries.DUE),
    CaseFilter(queue="open", order=queries.DUE),
)


def leafed(actor: Actor, filters: CaseFilter) -> tuple[list[UUID], set[int | None]]:
    """All rows of a list in small pages, and what each page says of their number."""
    rows: list[UUID] = []
    page, totals = "", set()
    while True:
        found = queries.cases_for(actor, filters=filters, page=page, size=4, now=NOW)
        rows += [row.case_id for row in found.rows]
        totals.add(found.total)
        if not found.has_next:
            return rows, totals
        page = found.next_page


def _reads(text: str) -> Q:
    """A plain reading of words and landmark."""
    return Q(words__icontains=text) | Q(landmark__icontains=text) if text else Q()


def test_leafing_through_a_filtered_list_comes_by_every_matter_once_in_its_order() -> None:
    demo.load(now=NOW)
    cards = directory.every_organisation()
    of_kinds = {card.kind: card.code for card in cards}
    compared = 0
    for code in of_kinds.values():
        for filters in FILTERS:
            by = ("due_at", "id") if filters.order == queries.DUE else ("-opened_at", "-id")
            where = where_of(filters, of(code), NOW) & _reads(filters.text)
            wanted = list(seen_by(of(code)).filter(where).order_by(*by).values_list("id", flat=True))
            assert leafed(of(code), filters) == (wanted, {len(wanted)}), (code, filters)
            compared += len(wanted)
    assert compared > 300


def test_a_part_either_counts_or_is_gone() -> None:
    demo.load(now=NOW)
    states = set(Task.objects.values_list("state", flat=True))
    assert states <= {*HELD, *GONE} and not {*HELD} & {*GONE}
    tasks = list(Task.objects.select_related("case"))
    assert all(task.case_opened_at == task.case.opened_at for task in tasks)
    assert all(task.case_ended == (task.case.state in ENDED) for task in tasks)
    assert {task.case_ended for task in tasks} == {True, False}


def _follows(case: Case) -> bool:
    """Joined, and not worked on by itself while the leading one is open."""
    return case.parent is not None and case.parent.state in OPEN and case.state in FOLLOWING


def test_numbers_are_those_of_a_plain_reading() -> None:
    demo.load(now=NOW)
    for card in directory.every_organisation():
        seen = seen_by(of(card.code))
        told = queries.standing_for(of(card.code), now=NOW)
        follow = [one.id for one in seen.select_related("parent") if _follows(one)]
        assert told.waiting == seen.filter(state__in=WAITING).exclude(id__in=follow).count(), card.code
        assert told.overdue == seen.filter(state__in=OPEN, due_at__lte=NOW).exclude(id__in=follow).count(), card.code
        assert told.answered == seen.filter(state="resolved").count(), card.code


def test_a_list_asks_as_many_statements_whatever_the_scope() -> None:
    demo.load(now=NOW)
    numbers = set()
    for card in directory.every_organisation()[:40]:
        actor = of(card.code)
        directory.scope_of(actor)
        with CaptureQueriesContext(connection) as asked:
            if queries.cases_for(actor, now=NOW).rows:
                numbers.add(len(asked))
    assert numbers == {2}
