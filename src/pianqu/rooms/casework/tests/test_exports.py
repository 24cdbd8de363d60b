"""Tables of matters: whole, once, within the scope; and what happens when somebody or something stops half-way."""

import csv
import io
import json
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import pyarrow.parquet
import pytest
from django.utils import timezone
from openpyxl import load_workbook

from pianqu.foundation import growing
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.kernels import checkcode
from pianqu.rooms.casework import jobs, queries, rules, services
from pianqu.rooms.casework.models import Case, Export, ExportRun
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.tests import builders
from pianqu.rooms.casework.tests.builders import COMMUNITY, LEAD, NOW, OTHER_COMMUNITY, clerk, handler, opened
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import queries as ledger

SYSTEM = Actor(kind="system", organisation_code="330205")
PHONE = "13805744406"
STREET = "330205001000"
TOWN = "330205103000"
CLUSTER = "330205-waitan"


@pytest.fixture(autouse=True)
def folder() -> Path:
    rmtree(installation().exports, ignore_errors=True)
    return installation().exports


@pytest.fixture(autouse=True)
def more_organisations(district: None) -> None:
    items = [
        NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩", parent_code="330205"),
        NewOrganisation(code=TOWN, kind="town", name="慈城镇", short_name="慈城", parent_code="330205"),
        NewOrganisation(code=CLUSTER, kind="centre", name="外滩片区中心", short_name="外滩片区", parent_code=STREET),
    ]
    directory.add_organisations(actor=SYSTEM, items=items, valid_from=NOW.date(), now=NOW)


def serve(*codes: str) -> None:
    """The cluster's ground from now on."""
    now = timezone.now()
    directory.serve_areas(
        actor=SYSTEM, organisation_code=CLUSTER, area_codes=codes, valid_from=timezone.localdate(now), now=now
    )


def official(organisation_code: str = "330205-centre", kind: str = "window") -> Actor:
    account = Account.objects.create_account(login=f"at-{uuid.uuid4()}", password="p", name="某人")
    post = directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="经办", now=NOW
    )
    return Actor(kind="post", account_id=str(account.id), post_id=str(post), organisation_code=organisation_code)


def ask(actor: Actor, **changes: object) -> uuid.UUID:
    given = {"form": "csv", "filters": CaseFilter(), "language": "en", "now": timezone.now()}
    return services.ask_for_export(actor=actor, **{**given, **changes})  # type: ignore[arg-type]


def writer(page_size: int = 2) -> Iterator[int]:
    (work,) = queries.exports_to_write(now=timezone.now(), most=1)
    return jobs.written(work, actor=SYSTEM, page_size=page_size)


def made(actor: Actor, **changes: object) -> bytes:
    export_id = ask(actor, **changes)
    for _count in writer():
        pass
    return fetched(actor, export_id)


def fetched(actor: Actor, export_id: uuid.UUID) -> bytes:
    taken = services.take_export(actor=actor, export_id=export_id, now=timezone.now())
    with growing.open_whole(taken.name) as file:
        return file.read()


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def card(actor: Actor, export_id: uuid.UUID) -> queries.ExportCard:
    return queries.export_of(actor, export_id, now=timezone.now())


def on_the_list(actor: Actor, filters: CaseFilter) -> list[str]:
    found, page = [], ""
    while True:
        part = queries.cases_for(actor, filters=filters, page=page, size=3, now=timezone.now())
        found += [row.shown_code for row in part.rows]
        page = part.next_page
        if not part.has_next:
            return found


def many() -> None:
    """Some that came in within one second, in two places, and in several states."""
    for number in range(5):
        opened(category="noise" if number % 2 else "roads", now=NOW + timedelta(minutes=number // 3))
    opened(place=services.PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    opened(place=services.PlaceChoice(lon=121.55, lat=29.9, source="position"), words="=1+1", contact=PHONE)
    opened(place=services.PlaceChoice(source="none"))
    builders.resolved()
    builders.dispatched()


FILTERS = {
    "everything": CaseFilter(),
    "nothing": CaseFilter(category="traffic"),
    "category": CaseFilter(category="roads"),
    "street": CaseFilter(place_code=STREET),
    "nowhere": CaseFilter(place_code=queries.NONE),
    "words": CaseFilter(text="路灯"),
    "open": CaseFilter(queue="open"),
    "overdue": CaseFilter(queue="overdue"),
    "due first": CaseFilter(order=queries.DUE),
    "state": CaseFilter(state="resolved"),
    "days": CaseFilter(since=NOW.date(), until=NOW.date()),
    "party": CaseFilter(party=LEAD),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("organisation", ["330205-centre", STREET, LEAD])
def test_a_table_holds_what_the_list_shows_and_each_matter_once(name: str, organisation: str) -> None:
    many()
    actor, filters = official(organisation), FILTERS[name]
    told = [row["Code"] for row in lines(made(actor, filters=filters))]
    assert sorted(told) == sorted(on_the_list(actor, filters))
    assert len(set(told)) == len(told)
    came_in = {checkcode.show(code): at for code, at in Case.objects.values_list("code", "opened_at")}
    assert [came_in[code] for code in told] == sorted((came_in[code] for code in told), reverse=True)


def test_all_forms_tell_the_same() -> None:
    many()
    actor = official()
    codes = {row["Code"] for row in lines(made(actor))}
    assert len(codes) == 10
    rows = list(load_workbook(io.BytesIO(made(actor, form="xlsx"))).active.iter_rows(values_only=True))
    assert {row[0] for row in rows[1:]} == codes
    features = json.loads(made(actor, form="geojson"))["features"]
    assert {feature["properties"]["code"] for feature in features} == codes
    assert [f["geometry"]["coordinates"] for f in features if f["geometry"]] == [[121.55, 29.9]]
    table = pyarrow.parquet.read_table(io.BytesIO(made(actor, form="parquet")))
    assert set(table.column("code").to_pylist()) == codes
    assert [name for name in table.column_names if name not in ("lon", "lat")] == list(features[0]["properties"])


def test_what_is_said_is_there_where_it_was_asked_for_and_contacts_never() -> None:
    case = opened(contact=PHONE, words="=2+3 路灯")
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="灯已换好。", now=NOW)
    actor = official()
    plain = made(actor)
    assert b"\xe8\xb7\xaf\xe7\x81\xaf" not in plain and "Words" not in lines(plain)[0]
    whole = made(actor, with_words=True, purpose="月报")
    (row,) = lines(whole)
    assert (row["Words"], row["Reply"], row["Address or landmark"]) == ("'=2+3 路灯", "灯已换好。", "桥头")
    assert (row["State"], row["Received by (code)"], row["Community (code)"]) == (
        "Resolved",
        "330205-centre",
        COMMUNITY,
    )
    assert PHONE[-4:].encode() not in whole


def test_chinese_headings_for_who_asks_in_chinese() -> None:
    opened()
    (row,) = lines(made(official(), language="zh-hans"))
    assert row["社区"] == "外滩社区" and row["状态"] == "待受理" and "Code" not in row


def test_words_need_a_purpose() -> None:
    with pytest.raises(Invalid):
        ask(official(), with_words=True, purpose="  ")


def test_fetching_words_is_recorded_as_an_access_and_asking_names_no_words() -> None:
    opened(words="路灯坏了，住在三栋")
    actor = official()
    export_id = ask(actor, with_words=True, purpose="月报", filters=CaseFilter(text="三栋", state="opened"))
    list(writer())
    fetched(actor, export_id)
    history = ledger.history(f"export:{export_id}")
    assert [item.kind for item in history] == [
        "casework.export-asked",
        "casework.export-made",
        "casework.export-taken",
        "ledger.personal-data-read",
    ]
    assert history[0].fact["filters"] == ["state=opened", "text"]
    assert history[2].fact["matters"] == 1
    assert history[3].fact == {"purpose": "月报", "fields": ["landmark", "words", "reply"]}
    assert "三栋" not in json.dumps([dict(item.fact) for item in history], ensure_ascii=False)


def test_nobody_but_its_post_has_it() -> None:
    opened()
    actor, other = official(), official()
    export_id = ask(actor)
    for act in (services.take_export, services.cancel_export):
        with pytest.raises(Absent):
            act(actor=other, export_id=export_id, now=timezone.now())
    with pytest.raises(Absent):
        card(other, export_id)
    assert queries.exports_of(other, now=timezone.now()) == ()


def test_only_somebody_in_a_post_asks() -> None:
    for actor in (builders.resident(), SYSTEM):
        with pytest.raises(Forbidden):
            ask(actor)


def test_it_cannot_be_fetched_before_it_is_whole() -> None:
    many()
    actor = official()
    export_id = ask(actor)
    steps = writer()
    assert next(steps) == 2
    with pytest.raises(Refused):
        fetched(actor, export_id)
    list(steps)
    assert len(lines(fetched(actor, export_id))) == 10


@pytest.mark.parametrize("form", ["csv", "xlsx", "geojson", "parquet"])
def test_cancelled_half_way_it_leaves_nothing(folder: Path, form: str) -> None:
    many()
    actor = official()
    export_id = ask(actor, form=form)
    steps = writer()
    next(steps)
    next(steps)
    assert [path.name.endswith(".part") for path in folder.iterdir()] == [True]
    services.cancel_export(actor=actor, export_id=export_id, now=timezone.now())
    services.cancel_export(actor=actor, export_id=export_id, now=timezone.now())
    assert list(steps) == []
    assert list(folder.iterdir()) == []
    assert (card(actor, export_id).state, card(actor, export_id).reason) == ("stopped", "cancelled")
    assert [item.kind for item in ledger.history(f"export:{export_id}")][1:] == ["casework.export-stopped"]
    assert queries.exports_to_write(now=timezone.now(), most=9) == ()
    with pytest.raises(Refused):
        fetched(actor, export_id)


@pytest.mark.django_db(transaction=True)
def test_cancelled_when_ready_its_file_goes(folder: Path) -> None:
    actor = official()
    export_id = ask(actor)
    list(writer())
    assert len(list(folder.iterdir())) == 1
    services.cancel_export(actor=actor, export_id=export_id, now=timezone.now())
    assert list(folder.iterdir()) == []


def test_a_writer_that_says_nothing_is_replaced_and_gives_up_when_it_comes_back(folder: Path) -> None:
    many()
    actor = official()
    export_id = ask(actor)
    first = writer()
    next(first)
    assert queries.exports_to_write(now=timezone.now(), most=9) == ()
    ExportRun.objects.update(held_until=timezone.now())  # half a minute without a word
    second = writer()
    next(second)
    assert card(actor, export_id).begun_anew
    list(second)
    assert list(first) == [] or card(actor, export_id).state == "ready"
    assert [path.suffix for path in folder.iterdir()] == [".csv"]
    assert len(lines(fetched(actor, export_id))) == 10


def test_a_table_that_no_writer_survives_is_given_up() -> None:
    actor = official()
    export_id = ask(actor)
    for _death in range(jobs.TRIES):
        ExportRun.objects.filter(export_id=export_id).update(held_until=timezone.now())
        steps = writer()
        jobs._hold(export_id, "0" * 16, timezone.now())
        steps.close()  # type: ignore[attr-defined]
    ExportRun.objects.filter(export_id=export_id).update(held_until=timezone.now())
    list(writer())
    assert card(actor, export_id).reason == "stumbled"


def test_what_changes_meanwhile_lets_none_be_told_twice_or_missed() -> None:
    many()
    actor = official()
    before = set(Case.objects.values_list("code", flat=True))
    export_id = ask(actor)
    steps = writer()
    next(steps)
    opened(now=timezone.now())
    for case_id in Case.objects.filter(state="opened").values_list("id", flat=True):
        services.accept_case(actor=clerk(), case_id=case_id, nature="help", now=timezone.now())
    list(steps)
    told = [row["Code"] for row in lines(fetched(actor, export_id))]
    assert sorted(told) == sorted(checkcode.show(code) for code in before)


def test_a_full_disk_is_said_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many()
    actor = official()
    export_id = ask(actor)
    steps = writer()
    next(steps)
    monkeypatch.setattr(growing, "RESERVE", 1 << 60)
    assert list(steps) == []
    assert (card(actor, export_id).state, card(actor, export_id).reason) == ("stopped", "disk-full")
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(folder: Path) -> None:
    actor = official()
    export_id = ask(actor)
    folder.write_bytes(b"a file lies where the folder should be")
    try:
        list(writer())
    finally:
        folder.unlink()
    assert card(actor, export_id).reason == "files-unwritable"


def test_a_post_that_ended_gets_no_table(folder: Path) -> None:
    many()
    actor = official()
    export_id = ask(actor)
    steps = writer()
    next(steps)
    directory.end_post(actor=SYSTEM, post_id=uuid.UUID(str(actor.post_id)), now=timezone.now())
    assert list(steps) == []
    assert Export.objects.get(id=export_id).reason == "post-ended"
    assert list(folder.iterdir()) == []


def test_another_scope_begins_it_anew_and_opens_no_old_one(folder: Path) -> None:
    many()
    serve(STREET)
    actor = official(CLUSTER)
    export_id = ask(actor)
    steps = writer()
    next(steps)
    serve(TOWN)
    assert list(steps) == [] and list(folder.iterdir()) == []
    assert card(actor, export_id).state == "asked"
    list(writer())
    assert {row["Community (code)"] for row in lines(fetched(actor, export_id))} == {OTHER_COMMUNITY}
    serve(STREET)
    with pytest.raises(Refused) as refused:
        fetched(actor, export_id)
    assert refused.value.code == "export-other-scope"


def test_erasing_a_matter_ends_every_table(folder: Path) -> None:
    case = builders.resolved()
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    actor = official()
    ready = ask(actor)
    list(writer())
    growing_one = ask(actor, form="xlsx")
    services.erase_case(actor=clerk(), case_id=case.case_id, basis="unlawful", now=timezone.now())
    assert {card(actor, one).reason for one in (ready, growing_one)} == {"erased"}
    with pytest.raises(Refused):
        fetched(actor, ready)


def test_the_same_table_asked_for_twice_is_one_and_there_is_an_end_to_it() -> None:
    actor = official()
    first = ask(actor)
    assert ask(actor) == first
    for form in ("xlsx", "geojson"):
        ask(actor, form=form)
    with pytest.raises(Refused):
        ask(actor, form="parquet")
    with pytest.raises(Invalid):
        ask(official(), form="docx")


def test_several_are_written_in_turn() -> None:
    many()
    actor, other = official(), official(LEAD)
    ids = [ask(actor), ask(other), ask(actor, form="xlsx")]
    assert jobs.write_exports(actor=SYSTEM) == 3
    assert set(Export.objects.filter(id__in=ids).values_list("state", flat=True)) == {"ready"}
    assert jobs.write_exports(actor=SYSTEM) == 0


def test_old_tables_and_lost_files_are_put_away(folder: Path) -> None:
    actor = official()
    ask(actor)
    list(writer())
    (kept,) = folder.iterdir()
    lost = folder / f"{'a' * 32}-{'b' * 16}.csv.part"
    lost.write_bytes(b"half")
    long_ago = timezone.now().timestamp() - 7_200
    for path in (lost, kept):
        os.utime(path, (long_ago, long_ago))
    assert jobs.put_away_exports(actor=SYSTEM, now=timezone.now()) == 1
    assert list(folder.iterdir()) == [kept]
    later = timezone.now() + services.KEPT + timedelta(minutes=1)
    assert queries.exports_of(actor, now=later) == ()
    assert jobs.put_away_exports(actor=SYSTEM, now=later) >= 1
    assert Export.objects.count() == 0 and list(folder.iterdir()) == []


def test_rules_come_in_pairs() -> None:
    assert rules.may_export(official()) and not rules.may_export(handler())
