"""A matter keeps the cell of its day; a cell gets only what its entry list holds, and only through its community."""

from datetime import date, timedelta

import pytest

from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.rooms.casework import services
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.tests.builders import COMMUNITY, LEAD, NOW, OTHER_COMMUNITY, clerk, importer, opened
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, NewPower
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as grids
from pianqu.rooms.territory.services import NewCell, NewEntry

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
SYSTEM = importer("330205")
LON, LAT = 121.55, 29.9


def cell(code: str, *, name: str = "一网格", community: str = COMMUNITY, lon: float = LON) -> NewCell:
    ring = [[lon - 0.01, LAT - 0.01], [lon + 0.01, LAT - 0.01], [lon + 0.01, LAT + 0.01], [lon - 0.01, LAT + 0.01]]
    return NewCell(
        code=code,
        name=name,
        kind="ordinary",
        community_code=community,
        geometry={"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        lon=lon,
        lat=LAT,
    )


def adopt(*cells: NewCell, day: date = TODAY) -> None:
    grids.adopt_grid(actor=SYSTEM, cells=cells, clusters=[], valid_from=day, source="测试", now=NOW)


@pytest.fixture(autouse=True)
def grid() -> None:
    territory.forget_places()
    territory.forget_grids()
    bodies = [
        NewOrganisation(code="330205001000", kind="street", name="外滩街道", short_name="外滩", parent_code="330205"),
        NewOrganisation(
            code=COMMUNITY, kind="community", name="外滩社区", short_name="外滩", parent_code="330205001000"
        ),
    ]
    directory.add_organisations(actor=SYSTEM, items=bodies, valid_from=TODAY, now=NOW)
    rows = [
        NewPower(
            verb="handle",
            category=category,
            area_code=COMMUNITY,
            level="community",
            organisation_code=COMMUNITY,
            list_kind="basic",
            article="第 7 项",
            valid_from=TODAY,
        )
        for category in ("roads", "water")
    ]
    directory.import_powers(actor=SYSTEM, rows=rows, source="清单", categories=frozenset({"roads", "water"}), now=NOW)
    adopt(cell("C1"), cell("C2", community=OTHER_COMMUNITY, lon=LON - 0.1))
    items = [NewEntry(cell_kind="ordinary", category="roads", article="第 4 项")]
    grids.set_entry_list(actor=SYSTEM, list_name="准入清单", items=items, valid_from=TODAY, now=NOW)


def here(**changes: object) -> services.Opened:
    return opened(place=services.PlaceChoice(lon=LON, lat=LAT, source="map"), **changes)


def given(case: services.Opened, cell_code: str, lead: str = COMMUNITY) -> None:
    services.dispatch_case(
        actor=clerk(), case_id=case.case_id, lead_code=lead, nature="complaint", cell_code=cell_code, now=NOW
    )


def test_a_matter_keeps_the_cell_of_its_day() -> None:
    old = Case.objects.get(id=here().case_id)
    adopt(cell("D1", name="新网格"), day=TODAY + timedelta(days=1))
    new = Case.objects.get(id=here(now=NOW + timedelta(days=1)).case_id)
    assert (old.cell_code, new.cell_code) == ("C1", "D1") and old.grid_version != new.grid_version
    assert territory.cell(old.cell_code, on=TODAY).name == "一网格"
    assert Case.objects.get(id=opened().case_id).cell_code == ""


def test_what_a_caller_says_of_the_cell_is_not_looked_at() -> None:
    made_up = services.PlaceChoice(
        lon=LON,
        lat=LAT,
        source="map",
        cell=territory.CellPlace(
            cell_code="X",
            micro_code="",
            community_code="",
            cluster_code="",
            version_id=None,
            how="inside",
            distance_m=0,
        ),
    )
    assert Case.objects.get(id=opened(place=made_up).case_id).cell_code == "C1"


def test_a_cell_takes_what_its_list_holds_and_the_list_is_cited() -> None:
    case = here()
    given(case, "C1")
    task = Task.objects.get(case_id=case.case_id)
    assert (task.cell_code, task.organisation_code, task.role) == ("C1", COMMUNITY, "lead")


def test_what_the_list_does_not_hold_is_refused_citing_it() -> None:
    case = here(category="water")
    with pytest.raises(Refused, match="准入清单") as refused:
        given(case, "C1")
    assert refused.value.code == "entry-not-listed"
    assert not Task.objects.exists() and Case.objects.get(id=case.case_id).state == "opened"


def test_a_cell_is_reached_through_its_own_community_only() -> None:
    case = here()
    with pytest.raises(Invalid) as wrong:
        given(case, "C2")
    assert wrong.value.code == "cell-elsewhere"
    with pytest.raises(Absent):
        given(case, "C9")


def test_whoever_was_chosen_the_cells_community_leads() -> None:
    case = here()
    given(case, "C1", lead=LEAD)
    assert Task.objects.get(case_id=case.case_id).organisation_code == COMMUNITY


def test_the_entry_list_gives_what_no_duty_list_names_but_never_what_was_taken_back() -> None:
    items = [NewEntry(cell_kind="ordinary", category=category, article="第 9 项") for category in ("noise", "market")]
    grids.set_entry_list(actor=SYSTEM, list_name="新准入清单", items=items, valid_from=TODAY, now=NOW)
    free = here(category="noise")
    given(free, "C1")
    assert Task.objects.get(case_id=free.case_id).cell_code == "C1"
    back = NewPower(
        verb="handle",
        category="market",
        area_code="330205",
        level="district",
        organisation_code=LEAD,
        list_kind="taken_back",
        article="收回 3",
        valid_from=TODAY,
    )
    directory.import_powers(actor=SYSTEM, rows=[back], source="收回清单", categories=frozenset({"market"}), now=NOW)
    with pytest.raises(Refused, match="收回 3"):
        given(here(category="market"), "C1")
