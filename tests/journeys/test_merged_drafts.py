"""Three departments' grids over the real communities: whatever the merge proposes hangs together in the draft made of it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from pianqu.composition.chores import EXECUTORS
from pianqu.composition.demo.buildings import make_buildings
from pianqu.composition.demo.departments import make_departments
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.kernels.partition.graph import graph, parts
from pianqu.kernels.partition.records import read_units
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.jobs import run_waiting
from pianqu.rooms.planning.services import MergeWish
from pianqu.rooms.territory import queries as territory

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SYSTEM = Actor(kind="system", organisation_code="330205")


@pytest.mark.django_db
def test_proposed_cells_hang_together_in_the_draft() -> None:
    territory.forget_places()
    load_district(code="330205", now=NOW)
    make_buildings(now=NOW)
    make_departments(now=NOW, valid_from=NOW.date())
    merge_id = services.ask_merge(actor=SYSTEM, on=NOW.date(), wish=MergeWish(), now=NOW)
    run_waiting(EXECUTORS, actor=SYSTEM)
    plan = queries.units_of_merge(merge_id)
    units = read_units(plan.units.content).units
    part = np.array(plan.part)
    inside = [(one, other, 1) for one, other, _metres in units.borders if part[one] == part[other]]
    inside += [(one, other, 1) for one, other in units.bridges if part[one] == part[other]]
    pieces = parts(graph(len(units), tuple(inside)))
    assert len(plan.names) > 300
    assert len(set(zip(part.tolist(), pieces.tolist(), strict=True))) == len(plan.names)
