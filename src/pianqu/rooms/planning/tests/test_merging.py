"""All departments' grids as one: duties covered twice, places that nobody covers down to zero, cells with what they take over."""

import pytest
from django.utils.translation import override

from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.kernels.partition.reproducing import reproduced
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import MERGED, MergeWhole
from pianqu.rooms.planning.services import MergeWish
from pianqu.rooms.planning.tests.builders import CENTRE, NOW, SYSTEM, post, small_district
from pianqu.rooms.planning.tests.grids import buildings, departments, merged, two_taken
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.tests.builders import ONE, TODAY, TWO, adopted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _district() -> None:
    territory.forget_places()
    territory.forget_grids()
    territory.forget_buildings()
    small_district()
    departments()
    buildings()


@pytest.fixture
def whole() -> MergeWhole:
    two_taken()
    return queries.merge_whole(merged())


def anew(whole: MergeWhole) -> MergeWhole:
    return queries.merge_whole(whole.merge_id)


def test_every_household_is_in_one_place_and_the_ledger_says_what_was_merged(whole: MergeWhole) -> None:
    assert sum(whole.households) == 32 * 40
    assert whole.content["outside"] == 0
    card = queries.merge_card(whole.merge_id)
    assert card.kept_at == NOW
    told = ledger.history(f"merge:{whole.merge_id}")[-1]
    assert told.kind == "planning.grids-merged"
    assert told.fact["digest"] == card.digest
    assert told.fact["households"] == 1280
    assert len(told.fact["inputs"]) == 2


def test_a_duty_of_two_departments_in_one_place_is_told_with_its_households(whole: MergeWhole) -> None:
    rows = {row.duty: row for row in whole.twice}
    assert set(rows) == {"流动人口登记"}
    assert rows["流动人口登记"].layers == ("公安警务区", "城管网格")
    assert rows["流动人口登记"].communities == (ONE, TWO)
    assert rows["流动人口登记"].households == (8 + 4) * 40


def test_proposed_cells_keep_to_their_households_and_communities(whole: MergeWhole) -> None:
    cells = whole.proposals
    assert sum(cell.households for cell in cells) == 1280
    assert all(100 <= cell.households <= 400 and cell.fits for cell in cells)
    assert {cell.community_code for cell in cells} == {ONE, TWO}
    lies = {cell: whole.communities[place] for place, cell in enumerate(whole.part)}
    assert all(whole.communities[place] == lies[cell] for place, cell in enumerate(whole.part))
    assert all(len(cell.code) == 15 and cell.code.startswith(cell.community_code) for cell in cells)


def test_duties_and_workers_are_carried_over_by_share_of_households(whole: MergeWhole) -> None:
    shares = {}
    for row in whole.carried:
        shares[row.layer, row.code] = shares.get((row.layer, row.code), 0.0) + row.share
    assert shares == pytest.approx({("公安警务区", "P1"): 1.0, ("公安警务区", "P2"): 1.0, ("城管网格", "U1"): 1.0})
    homes = [row for row in whole.carried if row.most]
    assert sorted(row.workers for row in homes) == [("张警官",), ("李警官",), ("王队员",)]


def test_a_crosswalk_counts_every_household_once(whole: MergeWhole) -> None:
    rows = whole.crosswalk("公安警务区", "城管网格")
    assert sum(row.count for row in rows) == 1280
    assert {(row.one, row.other): row.count for row in rows} == {
        ("P1", ""): 320,
        ("P1", "U1"): 320,
        ("P2", ""): 160,
        ("P2", "U1"): 160,
        ("", "U1"): 160,
        ("", ""): 160,
    }
    assert sum(row.count for row in whole.crosswalk("公安警务区", MERGED)) == 1280


def test_places_that_nobody_covers_are_closed_one_by_one_and_then_all(whole: MergeWhole) -> None:
    card = queries.merge_card(whole.merge_id)
    assert card.uncovered == card.left == len(whole.bare) > 1
    first = whole.uncovered()[0]
    taker = first.takers[0]
    assert taker.grid_id is not None
    services.close_place(actor=SYSTEM, merge_id=whole.merge_id, place=first.place, taker=taker.key, now=NOW)
    after = anew(whole)
    assert len(after.left) == len(whole.left) - 1
    assert any(code == taker.code for _layer, code in after.covering[first.place])
    closed = services.close_all_places(actor=SYSTEM, merge_id=whole.merge_id, now=NOW)
    assert closed == len(after.left)
    assert queries.merge_card(whole.merge_id).left == 0
    assert all(anew(whole).covering)
    assert services.close_all_places(actor=SYSTEM, merge_id=whole.merge_id, now=NOW) == 0
    told = ledger.history(f"merge:{whole.merge_id}")
    assert [item.fact["left"] for item in told if item.kind == "planning.places-closed"] == [len(after.left), 0]


def test_a_place_may_go_to_a_neighbouring_proposed_cell(whole: MergeWhole) -> None:
    place = next(one for one in whole.uncovered() if any(taker.cell not in (-1, one.cell) for taker in one.takers))
    taker = next(one for one in place.takers if one.cell not in (-1, place.cell))
    services.close_place(actor=SYSTEM, merge_id=whole.merge_id, place=place.place, taker=taker.key, now=NOW)
    after = anew(whole)
    assert after.part[place.place] == taker.cell
    assert sum(cell.households for cell in after.proposals) == 1280


def test_only_what_is_listed_can_take_a_place(whole: MergeWhole) -> None:
    covered = next(place for place in range(len(whole.areas)) if place not in whole.bare)
    with override("en"), pytest.raises(Invalid, match="is covered"):
        services.close_place(actor=SYSTEM, merge_id=whole.merge_id, place=covered, taker="cell:0", now=NOW)
    with override("en"), pytest.raises(Invalid, match="neighbours"):
        services.close_place(actor=SYSTEM, merge_id=whole.merge_id, place=whole.bare[0], taker="cell:999", now=NOW)


def test_places_can_be_joined_to_the_cells_of_now() -> None:
    adopted()
    two_taken()
    whole = queries.merge_whole(merged(mode="present"))
    assert [cell.code for cell in whole.proposals] == ["A1", "A2", "A3", "B1"]
    assert sum(cell.households for cell in whole.proposals) == 1280
    assert whole.content["sources"]["grid_version"]


def test_the_same_grids_give_the_same_merge() -> None:
    two_taken()
    one, other = merged(), merged()
    assert queries.merge_card(one).digest == queries.merge_card(other).digest


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"least": 500, "most": 300}, "the least below"),
        ({"mode": "old"}, "anew"),
        ({"mode": "present"}, "No grid of the"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(wish: dict[str, int], said: str) -> None:
    two_taken()
    with override("en"), pytest.raises((Invalid, Refused), match=said):
        merged(**wish)


def test_without_any_grid_there_is_nothing_to_merge() -> None:
    with override("en"), pytest.raises(Refused, match="Take one in first"):
        merged()


def test_a_handler_asks_for_no_merge_and_closes_nothing(whole: MergeWhole) -> None:
    handler = post(CENTRE, "handler")
    with pytest.raises(Forbidden):
        services.ask_merge(actor=handler, on=TODAY, wish=MergeWish(), now=NOW)
    with pytest.raises(Forbidden):
        services.close_all_places(actor=handler, merge_id=whole.merge_id, now=NOW)


def test_a_draft_of_a_merge_follows_from_its_record(whole: MergeWhole) -> None:
    draft = services.start_draft(actor=SYSTEM, title="网格", level="cells", merge_id=whole.merge_id, now=NOW)
    part = queries.draft_state(SYSTEM, draft, now=NOW).part
    change = services.Change(kind="paint", moves=[(0, next(cell for cell in part if cell != part[0]))])
    services.change_draft(actor=SYSTEM, draft_id=draft, revision=0, change=change, now=NOW)
    record = queries.plan_record(draft, for_all=False)
    assert record["begins"] == list(part)
    assert all(line.holds for line in reproduced(queries.draft_units(draft).content, record))
