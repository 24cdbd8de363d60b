"""The entry list and the people of cells from tables: every bad line named, the former list replaced, nobody twice."""

from pathlib import Path

import pytest

from pianqu.composition.importing import entries, staffing
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries as bodies_of
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.tests.builders import NOW, SYSTEM, adopted, small_district

pytestmark = pytest.mark.django_db
DAY = NOW.date()


@pytest.fixture(autouse=True)
def district() -> None:
    queries.forget_places()
    queries.forget_grids()
    small_district()
    adopted()
    ledger.create_log(now=NOW)


def table(folder: Path, *lines: str) -> Path:
    path = folder / "清单.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def take_entries(path: Path, *, skip_bad: bool = False, dry_run: bool = False) -> int:
    return entries.run(path, name="", valid_from=DAY, skip_bad=skip_bad, dry_run=dry_run)


def take_people(path: Path, *, skip_bad: bool = False, dry_run: bool = False) -> int:
    return staffing.run(path, valid_from=DAY, skip_bad=skip_bad, dry_run=dry_run)


def cell() -> str:
    return next(one.code for one in queries.cells(on=DAY) if one.kind == "ordinary")


def allows(category: str) -> bool:
    return queries.check_entry(cell_code=cell(), category=category, on=DAY).allowed


def test_an_entry_list_is_put_into_force_and_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "网格类型,类别,条目"
    assert take_entries(table(tmp_path, head, "普通网格,环境卫生,第 1 项", "ordinary,noise,第 2 项")) == 0
    assert "2 entries are in force" in capsys.readouterr().out
    assert (allows("environment"), allows("noise"), allows("roads")) == (True, True, False)
    assert take_entries(table(tmp_path, head, "普通,roads,第 3 项")) == 0
    assert (allows("environment"), allows("roads")) == (False, True)


@pytest.mark.parametrize(
    "line",
    [
        "饭店,noise,第 2 项",
        ",noise,第 2 项",
        "普通网格,不明,第 2 项",
        "普通网格,noise,",
        "普通网格,noise," + "长" * 81,
        "普通网格,环境卫生,又一项",
    ],
)
def test_a_bad_entry_is_named_and_nothing_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    path = table(tmp_path, "网格类型,类别,条目", "普通网格,环境卫生,第 1 项", line)
    assert take_entries(path) == 1 and "第 3 行" in capsys.readouterr().out and not allows("environment")
    assert take_entries(path, skip_bad=True, dry_run=True) == 0 and not allows("environment")
    assert take_entries(path, skip_bad=True) == 0 and allows("environment")


def colleague(login: str, organisation_code: str, *, beside: bool = False) -> None:
    account = Account.objects.filter(login=login).first() or Account.objects.create_account(
        login=login, password="长长的密码-2026", name=login
    )
    directory.appoint(
        actor=SYSTEM,
        account_id=account.id,
        organisation_code=organisation_code,
        kind="grid_worker",
        title="网格员",
        beside=beside,
        now=NOW,
    )


@pytest.fixture
def bodies() -> list[str]:
    codes = [card.code for card in bodies_of.all_organisations() if card.kind in {"community", "village", "centre"}][:2]
    colleague("one", codes[0])
    colleague("two", codes[0])
    colleague("both", codes[0])
    colleague("both", codes[1], beside=True)
    return codes


def test_a_cell_gets_its_people(tmp_path: Path, bodies: list[str]) -> None:
    lines = ["网格,角色,登录名,机构", f"{cell()},网格长,one,", f"{cell()},专职,TWO,", f"{cell()},其他,both,{bodies[1]}"]
    assert take_people(table(tmp_path, *lines)) == 0
    assert sorted(person.role for person in queries.people_of(cell(), on=DAY)) == ["full_time", "leader", "other"]


@pytest.mark.parametrize(
    "line",
    [
        "nowhere,其他,two,",
        "{cell},局长,two,",
        "{cell},其他,nobody,",
        "{cell},其他,both,",
        "{cell},网格长,two,",
        "{cell},其他,one,",
    ],
)
def test_a_bad_line_about_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bodies: list[str], line: str
) -> None:
    path = table(tmp_path, "网格,角色,登录名,机构", f"{cell()},网格长,one,", line.format(cell=cell()))
    assert take_people(path) == 1 and "第 3 行" in capsys.readouterr().out
    assert queries.people_of(cell(), on=DAY) == ()


def test_a_cell_without_a_leader(tmp_path: Path, capsys: pytest.CaptureFixture[str], bodies: list[str]) -> None:
    assert take_people(table(tmp_path, "网格,角色,登录名", f"{cell()},专职,one")) == 1
    assert cell() in capsys.readouterr().out
