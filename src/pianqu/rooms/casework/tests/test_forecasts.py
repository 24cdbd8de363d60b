"""The forecast of lateness at work: learned from one's own matters, shown as a mark, refused when damaged, about nobody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden
from pianqu.foundation.guard import lifted
from pianqu.foundation.limits import LIMITS
from pianqu.kernels import breach
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.models import BreachModel, Case, Forecast
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, clerk, handler, importer, opened
from pianqu.rooms.casework.tests.test_clock_rules import _signed_in
from pianqu.rooms.ledger import queries as ledger

PROGRAM = importer()
NOW = timezone.now().replace(hour=3, minute=0, second=0, microsecond=0)
FEW = 120


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few are enough here."""
    monkeypatch.setattr(queries, "ENOUGH", FEW)


def matter(number: int, *, late: bool, ended: bool = True, days: int | None = None) -> services.Opened:
    """A matter of a department that always is late, or of one that never is; the slow one has the noise."""
    began = NOW - timedelta(days=days or 160 - number)
    lead, category = (HELPER, "noise") if late else (LEAD, "roads")
    case = opened(category=category, now=began)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=lead, nature="complaint", now=began)
    if ended:
        done = began + (timedelta(days=25) if late else timedelta(days=1 + number % 3))
        services.resolve_case(actor=handler(lead), case_id=case.case_id, reply="已办。", now=min(done, NOW))
    return case


@pytest.fixture
def past(db: None) -> tuple[services.Opened, services.Opened]:
    """Enough that ended, and two that are open: one that will be late, one that will not."""
    for number in range(FEW + 6):
        matter(number, late=number % 2 == 0)
    return matter(0, late=True, ended=False, days=2), matter(1, late=False, ended=False, days=2)


def risks() -> dict[object, int]:
    return dict(Forecast.objects.values_list("case_id", "risk"))


def test_with_few_matters_nothing_is_known_and_nothing_marked() -> None:
    matter(0, late=True)
    matter(1, late=True, ended=False, days=2)
    assert jobs.forecast(actor=PROGRAM, now=NOW) == 0
    seen = queries.breach_seen(now=NOW)
    assert seen.model is None and (seen.ended, seen.marked) == (1, 0)


def test_one_learns_from_ones_own_matters(past: tuple[services.Opened, services.Opened]) -> None:
    slow, quick = past
    assert jobs.forecast(actor=PROGRAM, now=NOW) == 2
    card = queries.breach_card()
    assert card is not None and card.is_used and not card.is_broken and card.auc > 0.9
    said = risks()
    assert said[slow.case_id] >= queries.LIKELY > said[quick.case_id]
    (entry,) = [e for e in ledger.history(f"breach-model:{BreachModel.objects.get().id}")]
    assert entry.kind == "casework.breach-model-learned" and entry.fact["used"] is True
    assert jobs.forecast(actor=PROGRAM, now=NOW + timedelta(hours=1)) == 2
    assert BreachModel.objects.count() == 1, "learned once a night"
    jobs.forecast(actor=PROGRAM, now=NOW + timedelta(hours=21))
    assert [bool(row.content) for row in BreachModel.objects.order_by("learned_at")] == [False, True]


def test_what_is_asked_is_what_was_known_then(past: tuple[services.Opened, services.Opened]) -> None:
    """No moment knows what came after it: cutting off the future leaves what was asked as it is."""
    whole = {(one.case_id, one.at): one.asked for one in queries.moments_to_learn(now=NOW)}
    then = NOW - timedelta(days=50)
    told = 0
    for (_case, at), asked in whole.items():
        if at < then - timedelta(days=40):
            told += 1
            assert asked.age <= 0.9 and asked.state == "handled"
    assert told
    for one in queries.moments_to_learn(now=NOW):
        case = Case.objects.get(id=one.case_id)
        assert case.resolved_at is None or one.at < case.resolved_at


def test_a_damaged_model_is_not_asked_and_said_so(past: tuple[services.Opened, services.Opened]) -> None:
    jobs.forecast(actor=PROGRAM, now=NOW)
    row = BreachModel.objects.get()
    _spoil(row, row.content.replace("0", "1", 40))
    assert queries.breach_model() is None
    assert jobs.forecast_open(now=NOW) == 0 and not risks(), "nothing is marked"
    assert queries.cases_for(clerk(), filters=CaseFilter(queue="likely"), now=NOW).rows == ()
    page = _signed_in("window", "330205-centre").get("/desk/forecasts/").content.decode()
    assert "The model that is kept is damaged" in page and "it is not asked and nothing is marked" in page
    assert jobs.forecast(actor=PROGRAM, now=NOW) == 2, "it is learned anew"


def _spoil(row: BreachModel, content: str) -> None:
    """What a disk or a hand does: past every verb."""
    with lifted("a test damages what is kept"):
        BreachModel.objects.filter(id=row.id).update(content=content)


def test_a_model_that_tells_too_little_apart_is_kept_and_not_asked() -> None:
    learned = services.Learned(
        content=breach.write(breach.Model(weights={}, base=0.0, slope=1.0, offset=0.0, learned_from=9, late_share=0.5)),
        digest="d" * 64,
        matters=600,
        late_share=0.5,
        auc=0.55,
        ece=0.02,
        queue_auc=0.5,
    )
    with pytest.raises(Forbidden):
        services.keep_breach_model(actor=clerk(), learned=learned, now=NOW)
    services.keep_breach_model(actor=PROGRAM, learned=learned, now=NOW)
    assert queries.breach_model() is None
    page = _signed_in("window", "330205-centre").get("/desk/forecasts/").content.decode()
    assert "tells too little apart" in page


def test_what_is_paused_overdue_or_ended_is_not_spoken_of(past: tuple[services.Opened, services.Opened]) -> None:
    slow, quick = past
    late = matter(2, late=True, ended=False, days=60)
    for number in (3, 4):
        case = matter(number, late=False, ended=False, days=3)
        services.start_task(actor=handler(LEAD), case_id=case.case_id, now=NOW - timedelta(days=2))
        services.pause_case(
            actor=handler(LEAD), case_id=case.case_id, reason="inspection", words="等", now=NOW - timedelta(days=1)
        )
    jobs.forecast(actor=PROGRAM, now=NOW)
    assert set(risks()) == {slow.case_id, quick.case_id} and late.case_id not in risks()
    services.resolve_case(actor=handler(HELPER), case_id=slow.case_id, reply="好了。", now=NOW)
    assert queries.handling_for(clerk(), slow.case_id, now=NOW).forecast is None


# the desk ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def window(db: None) -> Iterator[Client]:
    LIMITS.forget()
    yield _signed_in("window", "330205-centre")
    LIMITS.forget()


def test_the_list_marks_what_is_likely_late_and_goes_by_it(
    past: tuple[services.Opened, services.Opened], window: Client
) -> None:
    slow, quick = past
    jobs.forecast(actor=PROGRAM, now=NOW)
    page = window.get("/desk/?queue=likely&order=risk").content.decode()
    assert str(slow.case_id) in page and str(quick.case_id) not in page and "bg-yellow-lt" in page
    ordered = queries.cases_for(clerk(), filters=CaseFilter(order=queries.RISK), now=NOW)
    assert [row.case_id for row in ordered.rows] == [slow.case_id, quick.case_id]
    assert [row.risk for row in ordered.rows] == sorted((row.risk or 0 for row in ordered.rows), reverse=True)
    case = window.get(f"/desk/case/{slow.case_id}/").content.decode()
    assert "Likely late" in case and "Of ten matters that stood like this one" in case and "/desk/forecasts/" in case
    assert "Of ten matters" not in window.get(f"/desk/case/{quick.case_id}/").content.decode()
    card = window.get("/desk/forecasts/").content.decode()
    assert "AUC on later matters" in card and "of 2 open matters marked" in card


def test_pages_of_that_order_follow_one_another(past: tuple[services.Opened, services.Opened]) -> None:
    for number in range(5):
        matter(number, late=number % 2 == 0, ended=False, days=2)
    jobs.forecast(actor=PROGRAM, now=NOW)
    asked = CaseFilter(order=queries.RISK)
    seen, page = [], ""
    while True:
        found = queries.cases_for(clerk(), filters=asked, page=page, size=2, now=NOW)
        seen += [row.case_id for row in found.rows]
        page = found.next_page
        if not found.has_next:
            break
    assert len(seen) == len(set(seen)) == 7
    department = Actor(kind="post", post_id=clerk().post_id, organisation_code=HELPER)
    assert all(row.category == "noise" for row in queries.cases_for(department, filters=asked, now=NOW).rows)


def test_before_anything_is_learned_the_page_says_so(window: Client) -> None:
    page = window.get("/desk/forecasts/").content.decode()
    assert "It is not known yet" in page and "Nothing else: no person" in page


def test_marks_cost_no_statement(
    past: tuple[services.Opened, services.Opened], window: Client, django_assert_max_num_queries: object
) -> None:
    window.get("/desk/")
    with django_assert_max_num_queries(30) as before:  # type: ignore[operator]
        window.get("/desk/")
    jobs.forecast(actor=PROGRAM, now=NOW)
    with django_assert_max_num_queries(len(before)):  # type: ignore[operator]
        assert "Likely late" in window.get("/desk/").content.decode()
