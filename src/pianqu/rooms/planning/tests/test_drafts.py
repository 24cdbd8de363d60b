"""Drafts begin from what is in force, are changed by people, and lose nobody's work."""

import json
import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest

from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.services import Change
from pianqu.rooms.planning.tests.twelve import (
    DISTRICT,
    HOUSEHOLDS,
    LAT,
    LON,
    NOW,
    RESIDENT,
    SIDE,
    SYSTEM,
    TODAY,
    WEST,
    official,
    square,
    started,
)

pytestmark = pytest.mark.usefixtures("twelve")


def state(draft_id: uuid.UUID) -> queries.DraftState:
    return queries.draft_state(SYSTEM, draft_id, now=NOW)


def changed(draft_id: uuid.UUID, kind: str, **given: object) -> int:
    revision = state(draft_id).revision
    change = Change(kind=kind, **given)  # type: ignore[arg-type]
    return services.change_draft(actor=SYSTEM, draft_id=draft_id, revision=revision, change=change, now=NOW)


def test_a_draft_begins_with_the_clusters_in_force() -> None:
    now = state(started())
    assert now.part == (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)
    assert [one["code"] for one in now.names] == ["c1", "c2", "c3"]
    assert now.figures.loads == tuple(sum(HOUSEHOLDS[row * 4 : row * 4 + 4]) for row in range(3))
    assert now.now_figures == now.figures
    assert now.figures.cut == 8


def test_the_state_is_plain_json() -> None:
    told = json.loads(json.dumps(state(started()).as_json()))
    assert told["settings"]["clusters"] == 3
    assert told["run"] is None
    assert told["may"]["edit"]


def test_neighbours_of_a_community_are_those_beside_it() -> None:
    written = queries.units_of(state(started()).units_id)
    pairs = {(one, other) for one, other, _metres in written.units.borders}
    assert (0, 1) in pairs
    assert (0, 4) in pairs
    assert (0, 5) not in pairs
    assert len(pairs) == 17


def test_painting_moves_a_unit_and_undo_brings_it_back() -> None:
    draft = started()
    changed(draft, "paint", moves=[(4, 0)])
    after = state(draft)
    assert (after.part[4], after.revision, after.figures.moved) == (0, 1, HOUSEHOLDS[4])
    changed(draft, "undo")
    assert state(draft).part[4] == 1
    with pytest.raises(Refused) as refused:
        changed(draft, "undo")
    assert refused.value.code == "nothing-to-undo"


def test_undo_goes_back_change_by_change() -> None:
    draft = started()
    begun = state(draft)
    changed(draft, "paint", moves=[(4, 0)])
    changed(draft, "lock", units=[4])
    changed(draft, "rename", cluster=0, name="北部片区")
    changed(draft, "merge", clusters=[0, 1])
    for _ in range(4):
        changed(draft, "undo")
    now = state(draft)
    assert (now.part, now.names, now.locks, now.settings) == (begun.part, begun.names, begun.locks, begun.settings)
    assert now.revision == 8


def test_two_people_edit_one_draft_and_nothing_is_lost() -> None:
    draft = started()
    first, second = official("li"), official("wang")
    services.change_draft(actor=first, draft_id=draft, revision=0, change=Change(kind="paint", moves=[(4, 0)]), now=NOW)
    with pytest.raises(Refused) as refused:
        services.change_draft(
            actor=second, draft_id=draft, revision=0, change=Change(kind="paint", moves=[(5, 0)]), now=NOW
        )
    assert refused.value.code == "draft-changed"
    assert "leader li" in refused.value.message
    assert state(draft).part[4] == 0
    services.change_draft(
        actor=second, draft_id=draft, revision=1, change=Change(kind="paint", moves=[(5, 0)]), now=NOW
    )
    assert state(draft).part[4:6] == (0, 0)


def test_names_keep_no_sign_that_a_database_cannot_hold() -> None:
    draft = started(title="调\x00整\ud800")
    changed(draft, "rename", cluster=0, name="北\x00片区\ud800")
    assert (state(draft).title, state(draft).names[0]["name"]) == ("调整", "北片区")


def test_a_locked_unit_is_not_painted() -> None:
    draft = started()
    changed(draft, "lock", units=[4])
    with pytest.raises(Refused, match="5号"):
        changed(draft, "paint", moves=[(4, 0)])


def test_a_cluster_is_split_and_merged_again() -> None:
    draft = started()
    changed(draft, "split", cluster=1, units=[6, 7])
    split = state(draft)
    assert split.part[4:8] == (1, 1, 3, 3)
    assert split.settings["clusters"] == 4
    changed(draft, "merge", clusters=[1, 3])
    assert state(draft).part == started_part()


def started_part() -> Sequence[int]:
    return (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)


def test_more_clusters_than_units_are_refused_with_both_numbers() -> None:
    with pytest.raises(Invalid, match=r"12.*13"):
        changed(started(), "settings", settings={"clusters": 13})


def test_who_may_plan() -> None:
    for actor in (official("street", WEST), official("admin", kind="administrator")):
        assert started(actor=actor)
    for actor in (RESIDENT, official("worker", WEST, "grid_worker"), official("window", WEST, "window")):
        with pytest.raises(Forbidden):
            started(actor=actor)


def test_a_repair_moves_only_what_is_near_and_not_locked() -> None:
    draft = started()
    changed(draft, "paint", moves=[(1, 1)])
    changed(draft, "lock", units=[1])
    moved = services.repair_draft(actor=SYSTEM, draft_id=draft, revision=2, near=[1], reach=2, now=NOW)
    now = state(draft)
    assert now.part[1] == 1
    assert not now.figures.loose
    assert 1 not in moved


def test_a_departments_borders_are_kept_where_it_says_so() -> None:
    cells = [("P1", square(LON, LAT, 4 * SIDE, 2 * SIDE)), ("P2", square(LON, LAT + 2 * SIDE, 4 * SIDE, SIDE))]
    features = [{"type": "Feature", "properties": {"code": code}, "geometry": shape} for code, shape in cells]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    asked = queries.Asked(name="police.geojson", ending=".geojson", crs="WGS84", code="code")
    for keep, expected in ((False, 1), (True, 2)):
        grid = services.NewGrid(system="police", organisation_code=DISTRICT, name="警务责任区", keep=keep)
        held = services.check_department_grid(
            actor=SYSTEM, grid=grid, asked=asked, found=queries.read_grid(content, asked), now=NOW
        )
        day = TODAY - timedelta(days=2 - keep)
        services.take_department_grid(actor=SYSTEM, grid_id=held, valid_from=day, now=NOW)
        written = queries.units_of(state(started()).units_id)
        assert len(written.units.systems) == expected
    assert written.units.systems[1].areas == ("P1",) * 8 + ("P2",) * 4
    draft = started()
    changed(draft, "paint", moves=[(4, 2)])
    broken = [(card.system, card.area, card.clusters) for card in state(draft).broken if card.area == "P1"]
    assert broken == [(f"police-{DISTRICT}", "P1", (0, 1, 2))]


def test_after_clusters_are_joined_only_who_was_in_the_one_that_is_gone_moves() -> None:
    draft = started()
    changed(draft, "merge", clusters=[1, 0])
    assert state(draft).figures.moved == sum(HOUSEHOLDS[:4])
