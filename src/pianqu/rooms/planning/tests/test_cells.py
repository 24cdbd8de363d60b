"""Cells are drafted from the plots of buildings."""

import json
import re
from datetime import date, timedelta

import numpy as np
import pytest
import shapely

from pianqu.foundation.errors import Invalid
from pianqu.kernels.overlay.planes import plane_of
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.tests.twelve import AFTER, HOUSEHOLDS, NOW, SYSTEM, TODAY, TOMORROW, code_of, started
from pianqu.rooms.planning.views.figures import moved
from pianqu.rooms.territory import queries as territory

pytestmark = pytest.mark.usefixtures("twelve")
SETTINGS = {"least": 80, "most": 200, "sweeps": 40, "tries": 1}


def test_plots_cover_each_community_once_and_hold_all_households() -> None:
    state = queries.draft_state(SYSTEM, started(level="cells", settings=SETTINGS), now=NOW)
    written = queries.units_of(state.units_id)
    assert sum(written.units.households) == sum(HOUSEHOLDS)
    shapes = [
        shapely.geometry.shape(one["geometry"])
        for one in json.loads(queries.units_text(state.units_id).shapes)["features"]
    ]
    ground = shapely.union_all([shapely.geometry.shape(one) for one in territory.outlines().values()])
    assert shapely.union_all(shapes).area == pytest.approx(ground.area, rel=1e-4)
    assert sum(one.area for one in shapes) == pytest.approx(ground.area, rel=1e-4)


def test_cells_are_computed_adopted_and_keep_a_code_where_most_stays() -> None:
    draft = started(level="cells", settings=SETTINGS)
    services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    jobs.run_waiting({"plan": jobs.compute_plans}, actor=SYSTEM, clock=lambda: NOW)
    state = queries.draft_state(SYSTEM, draft, now=NOW)
    assert state.run
    assert state.run.state == "done", state.run_sentences
    services.choose_plan(actor=SYSTEM, draft_id=draft, revision=0, option_id=state.options[0].id, now=NOW)
    chosen = queries.draft_state(SYSTEM, draft, now=NOW)
    assert not chosen.figures.loose
    assert all(80 <= load <= 200 for load in chosen.figures.loads)
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, now=AFTER)
    cells = territory.cells(on=TOMORROW)
    assert len(cells) == len(chosen.figures.loads)
    for number in range(12):
        codes = [cell.code for cell in cells if cell.community_code == code_of(number)]
        assert f"{code_of(number)}01" in codes
    assert [card.code for card in territory.clusters(on=TOMORROW)] == ["c1", "c2", "c3"]


def recut(least: int, most: int, day: date) -> set[str]:
    """Cells of so many households from a day on; answers their codes."""
    draft = started(level="cells", settings={**SETTINGS, "least": least, "most": most})
    services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    jobs.run_waiting({"plan": jobs.compute_plans}, actor=SYSTEM, clock=lambda: NOW)
    option = queries.options(draft)[0].id
    services.choose_plan(actor=SYSTEM, draft_id=draft, revision=0, option_id=option, now=NOW)
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=day, reason="试划", now=AFTER)
    return {cell.code for cell in territory.cells(on=day)}


def test_a_code_that_a_cell_once_had_is_never_given_to_another() -> None:
    fine = recut(80, 200, TOMORROW)
    coarse = recut(200, 600, TOMORROW + timedelta(days=1))
    again = recut(80, 200, TOMORROW + timedelta(days=2))
    assert fine - coarse
    assert not (again - coarse) & fine


def test_neighbours_share_as_many_metres_as_their_common_border() -> None:
    state = queries.draft_state(SYSTEM, started(level="cells", settings=SETTINGS), now=NOW)
    written = queries.units_of(state.units_id)
    features = json.loads(queries.units_text(state.units_id).shapes)["features"]
    shapes = np.array([shapely.geometry.shape(one["geometry"]) for one in features], dtype=object)
    plane = plane_of(shapes)
    flat = plane.flat(shapes)
    assert len(written.units.borders) > 100
    for one, other, metres in written.units.borders:
        length = shapely.intersection(flat[one].buffer(0.1).boundary, flat[other].buffer(0.1)).length
        assert metres == pytest.approx(length, rel=0.2, abs=3)


def test_shapes_are_valid_with_seven_decimals_and_households_stay_where_they_are() -> None:
    state = queries.draft_state(SYSTEM, started(level="cells", settings=SETTINGS), now=NOW)
    text = queries.units_text(state.units_id).shapes
    assert not re.search(r"\.\d{8}", text)
    shapes = shapely.get_parts(shapely.from_geojson(text))
    assert shapely.is_valid(shapes).all() and (shapely.area(shapes) > 0).all()


def test_a_cell_stays_within_its_community() -> None:
    draft = started(level="cells", settings=SETTINGS)
    state = queries.draft_state(SYSTEM, draft, now=NOW)
    written = queries.units_of(state.units_id)
    abroad = next(unit for unit, group in enumerate(written.groups) if group != written.groups[0])
    for change in (
        services.Change(kind="paint", moves=[(abroad, state.part[0])]),
        services.Change(kind="merge", clusters=[state.part[0], state.part[abroad]]),
    ):
        with pytest.raises(Invalid) as wrong:
            services.change_draft(actor=SYSTEM, draft_id=draft, revision=0, change=change, now=NOW)
        assert wrong.value.code == "cell-across"
    assert queries.draft_state(SYSTEM, draft, now=NOW).revision == 0


def test_a_computed_cell_is_named_after_its_own_community_and_only_who_changes_cell_moves() -> None:
    draft = started(level="cells", settings={**SETTINGS, "least": 200, "most": 600})
    services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    jobs.run_waiting({"plan": jobs.compute_plans}, actor=SYSTEM, clock=lambda: NOW)
    option = queries.options(draft)[0].id
    services.choose_plan(actor=SYSTEM, draft_id=draft, revision=0, option_id=option, now=NOW)
    state = queries.draft_state(SYSTEM, draft, now=NOW)
    written = queries.units_of(state.units_id)
    codes = written.sources["group_codes"]
    for unit, cell in enumerate(state.part):
        assert state.names[cell]["code"].startswith(codes[written.groups[unit]])
    assert state.figures.moved == sum(row.households for row in moved(written, state)) < sum(written.units.households)
