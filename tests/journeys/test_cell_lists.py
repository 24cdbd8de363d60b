"""The entry list and the people of cells from tables: every bad line named, the former list replaced, nobody twice."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from pianqu.composition.importing import entries, staffing
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries as bodies_of
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as log
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


def test_a_line_of_a_cell_alone_waits_to_be_filled_in(tmp_path: Path, bodies: list[str]) -> None:
    cells = [one.code for one in queries.cells(on=DAY) if one.kind == "ordinary"]
    assert take_people(table(tmp_path, "网格,角色,登录名", f"{cells[0]},网格长,one", f"{cells[1]},,")) == 0
    assert queries.people_of(cells[1], on=DAY) == ()


def test_what_stands_can_be_written_out_and_taken_in_again(tmp_path: Path, bodies: list[str]) -> None:
    lines = ["网格,角色,登录名,机构", f"{cell()},网格长,one,", f"{cell()},其他,both,{bodies[1]}"]
    take_people(table(tmp_path, *lines))
    take_entries(table(tmp_path, "网格类型,类别,条目", "普通网格,环境卫生,第 1 项", "专属网格,market,=1+1"))
    people, before = tmp_path / "people.xlsx", queries.all_people(on=DAY)
    people.write_bytes(staffing.workbook(on=DAY))
    assert staffing.read(people, on=DAY).faults == () and take_people(people) == 0
    assert {code: {(one.role, one.post_id) for one in of} for code, of in queries.all_people(on=DAY).items()} == {
        code: {(one.role, one.post_id) for one in of} for code, of in before.items()
    }
    rows = [row[:3] for row in load_workbook(people).active.iter_rows(min_row=2, values_only=True)]
    bare = {one.code for one in queries.cells(on=DAY) if one.kind != "micro"} - {cell()}
    assert {row[0] for row in rows if not row[2]} == bare, "every cell without people has a line to fill in"
    list_ = tmp_path / "entries.xlsx"
    list_.write_bytes(entries.workbook(on=DAY))
    again = entries.read(list_)
    assert again.faults == () and {one.article for one in again.good} == {"第 1 项", "=1+1"}


# the pages -----------------------------------------------------------------------------------------------------------

ENTRIES, PEOPLE = "/desk/entry-list/", "/desk/cell-people/"
HEAD = "cell_kind,category,article"


@pytest.fixture
def chief() -> Client:
    person = Account.objects.create_account(login="chief", password="长长的密码-2026", name="管理员")
    appointed = {"organisation_code": "330205", "kind": "administrator", "title": "管理员"}
    directory.appoint(actor=SYSTEM, account_id=person.id, now=NOW, **appointed)
    opened = Client(headers={"accept-language": "en"})
    opened.force_login(person)
    return opened


def send(opened: Client, at: str, *lines: str, name: str = "清单.csv", **changes: str) -> Any:
    given: dict[str, Any] = {"step": "take", "starts": DAY.isoformat(), **changes}
    if lines:
        given["list"] = SimpleUploadedFile(name, "\n".join(lines).encode())
    return opened.post(at, given)


def test_an_entry_list_is_checked_then_taken_in_by_who_sent_it(chief: Client) -> None:
    send(chief, ENTRIES, HEAD, "ordinary,environment,第 1 项", "ordinary,noise,第 2 项")
    lines = [HEAD, "ordinary,noise,第 2 项", "special,market,第 3 项"]
    checked = send(chief, ENTRIES, *lines, step="check").text
    assert "1 added, 1 kept, 1 ended." in checked and "Nothing was changed." in checked and allows("environment")
    taken = send(chief, ENTRIES, *lines, name="新准入清单.csv")
    assert taken.status_code == 200 and "新准入清单" in taken.text and not allows("environment") and allows("noise")
    page = chief.get(ENTRIES).text
    assert "第 3 项" in page and "第 1 项" not in page


def test_a_wrong_line_is_named_and_stops_the_whole_unless_it_is_passed_over(chief: Client) -> None:
    lines = [HEAD, "ordinary,noise,第 2 项", "ordinary,飞碟,第 3 项"]
    refused = send(chief, ENTRIES, *lines)
    assert refused.status_code == 422 and "Line 3" in refused.text and "飞碟" in refused.text and not allows("noise")
    assert send(chief, ENTRIES, *lines, skip="1").status_code == 200 and allows("noise")


@pytest.mark.parametrize("at", [ENTRIES, PEOPLE])
@pytest.mark.parametrize(
    ("lines", "changes", "said"),
    [
        ((), {}, "Please choose a file"),
        (("nothing,here", "1,2"), {}, "lacks the columns"),
        (("not a zip",), {"name": "x.xlsx"}, "cannot be read as Excel"),
        ((HEAD + ",cell,role,login",), {}, "No line of the list can be taken."),
        ((HEAD + ",cell,role,login",), {"starts": "2026-02-30"}, "Write the first day like"),
        ((HEAD + ",cell,role,login",), {"starts": ""}, "Write the first day like"),
    ],
)
def test_files_that_cannot_be_taken(
    chief: Client, at: str, lines: tuple[str, ...], changes: dict[str, str], said: str
) -> None:
    refused = send(chief, at, *lines, **changes)
    assert refused.status_code == 422 and said in refused.text and "Nothing was changed." in refused.text


def test_people_are_checked_then_named_by_who_sent_the_table(chief: Client, bodies: list[str]) -> None:
    lines = ["cell,role,login", f"{cell()},leader,one", f"{cell()},other,two"]
    before = chief.get(PEOPLE).text
    checked = send(chief, PEOPLE, *lines, step="check").text
    assert "1 cell can be staffed, people in all: 2." in checked and queries.people_of(cell(), on=DAY) == ()
    taken = send(chief, PEOPLE, *lines)
    assert taken.status_code == 200 and "The people of 1 cell are named." in taken.text
    assert len(queries.people_of(cell(), on=DAY)) == 2 and before != chief.get(PEOPLE).text
    by = [item.actor["kind"] for item in log.history(f"cell:{cell()}")]
    assert by == ["post"], "the ledger names who did it, not the installation; a check leaves nothing"


def test_the_tables_as_they_stand(chief: Client, bodies: list[str]) -> None:
    send(chief, PEOPLE, "cell,role,login", f"{cell()},leader,one")
    for at, name in ((ENTRIES, "entry-list.xlsx"), (PEOPLE, "cell-people.xlsx")):
        sent = chief.get(at + name)
        assert sent.status_code == 200 and load_workbook(BytesIO(sent.content)).active.max_row >= 1


def test_only_administrators_open_them() -> None:
    colleague("one", "330205001001")
    opened = Client(headers={"accept-language": "en"})
    opened.force_login(Account.objects.get(login="one"))
    for at in (ENTRIES, PEOPLE, ENTRIES + "entry-list.xlsx", PEOPLE + "cell-people.xlsx"):
        assert opened.get(at).status_code == 403
        assert Client().get(at)["Location"].startswith("/sign-in/")


def test_a_cell_without_a_leader(tmp_path: Path, capsys: pytest.CaptureFixture[str], bodies: list[str]) -> None:
    assert take_people(table(tmp_path, "网格,角色,登录名", f"{cell()},专职,one")) == 1
    assert cell() in capsys.readouterr().out
