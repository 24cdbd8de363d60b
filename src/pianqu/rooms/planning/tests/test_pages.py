"""The pages of a draft through HTTP: with a script and without, and what they say when something is refused."""

import json
import re
import uuid
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from pianqu.foundation.models import Account
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.models import UnitSet
from pianqu.rooms.planning.services import Change
from pianqu.rooms.planning.tests.twelve import (
    AFTER,
    HOUSEHOLDS,
    NOW,
    RESIDENT,
    SYSTEM,
    TODAY,
    TOMORROW,
    WEST,
    code_of,
    official,
    started,
)
from pianqu.rooms.planning.views import plans

pytestmark = pytest.mark.usefixtures("twelve")
JSON = {"accept": "application/json"}


@pytest.fixture
def leader() -> Client:
    official("leader")
    opened = Client(headers={"accept-language": "en"})
    opened.force_login(Account.objects.get(login="leader"))
    return opened


def at(draft: uuid.UUID, rest: str = "") -> str:
    return f"/desk/planning/{draft}/{rest}"


def state(draft: uuid.UUID) -> queries.DraftState:
    return queries.draft_state(SYSTEM, draft, now=NOW)


def sent(client: Client, draft: uuid.UUID, rest: str, given: dict[str, Any]) -> Any:
    return client.post(at(draft, rest), json.dumps(given), content_type="application/json", headers=JSON)


def test_a_draft_is_begun_and_listed(leader: Client) -> None:
    assert "Begin a draft below" in leader.get("/desk/planning/").content.decode()
    given = {"title": "2027 片区", "level": "clusters", "clusters": "4", "tolerance": "7.5", "balance": "households"}
    answer = leader.post("/desk/planning/", given)
    page = leader.get(answer["Location"]).content.decode()
    assert "2027 片区" in page and "No deviation above 7.5%" in page
    assert "2027 片区" in leader.get("/desk/planning/").content.decode()


def test_what_was_typed_wrong_is_kept(leader: Client) -> None:
    given = {"title": "2027 片区", "level": "clusters", "clusters": "many", "tolerance": "5", "balance": "households"}
    answer = leader.post("/desk/planning/", given)
    assert answer.status_code == 422
    assert "“many” is no whole number" in answer.content.decode() and "2027 片区" in answer.content.decode()


def test_the_page_has_a_row_for_each_cluster_and_opens_one(leader: Client) -> None:
    draft = started()
    page = leader.get(at(draft, "?cluster=1")).content.decode()
    assert page.count("<tr data-cluster=") == 3
    assert 'name="unit" value="4"' in page and 'name="unit" value="3"' not in page


def test_a_move_is_tried_and_then_confirmed_without_a_script(leader: Client) -> None:
    draft = started()
    tried = leader.post(
        at(draft, "change/"), {"kind": "try", "cluster": "1", "unit": ["4"], "to": "0", "revision": "0"}
    )
    page = tried.content.decode()
    assert "households moved 0 → 360" in page
    assert state(draft).revision == 0
    done = leader.post(
        at(draft, "change/"), {"kind": "paint", "cluster": "1", "unit": ["4"], "to": "0", "revision": "0"}
    )
    assert done.status_code == 302
    assert state(draft).part[4] == 0


def test_the_script_gets_the_new_state(leader: Client) -> None:
    draft = started()
    answer = sent(leader, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[4, 0]]})
    assert answer.json()["revision"] == 1
    assert answer.json()["figures"]["moved"] == HOUSEHOLDS[4]


def test_who_comes_second_is_told_who_was_first_and_gets_their_plan(leader: Client) -> None:
    draft = started()
    sent(leader, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[4, 0]]})
    second = sent(leader, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[5, 0]]})
    assert second.status_code == 409
    assert second.json()["code"] == "draft-changed"
    assert second.json()["state"]["part"][4] == 0
    plain = leader.post(at(draft, "change/"), {"kind": "undo", "revision": "0"})
    assert plain.status_code == 409 and "leader leader" in plain.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "paint", "moves": [[4]]},
        {"kind": "paint", "moves": "x"},
        {"kind": "nothing"},
        {"kind": "paint", "moves": [[400, 0]]},
        {"kind": "merge", "clusters": [0]},
        {"kind": "centre", "cluster": 0, "units": [1, 2]},
        {"kind": "settings", "settings": {"tolerance": "much"}},
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_changes(leader: Client, given: dict[str, Any]) -> None:
    draft = started()
    answer = sent(leader, draft, "change/", {"revision": 0, **given})
    assert answer.status_code == 422, answer.content
    assert answer.json()["detail"].endswith("Nothing was changed.")
    assert state(draft).revision == 0


def test_settings_come_from_the_forms_fields(leader: Client) -> None:
    draft = started()
    given = {"kind": "settings", "revision": "0", "clusters": "4", "tolerance": "1000", "cut": "2", "split": "3"}
    leader.post(at(draft, "change/"), {**given, "moved": "1", "balance": "population", "seed": "7"})
    kept = state(draft).settings
    assert (kept["clusters"], kept["tolerance"], kept["cut"], kept["balance"], kept["seed"]) == (
        4,
        1000,
        2,
        "population",
        7,
    )


def test_chosen_communities_are_locked_and_become_a_cluster_of_their_own(leader: Client) -> None:
    draft = started()
    leader.post(at(draft, "change/"), {"kind": "lock", "cluster": "1", "unit": ["4", "5"], "revision": "0"})
    assert state(draft).locks == (4, 5)
    leader.post(at(draft, "change/"), {"kind": "split", "cluster": "1", "unit": ["6", "7"], "revision": "1"})
    assert state(draft).part[4:8] == (1, 1, 3, 3)
    leader.post(at(draft, "change/"), {"kind": "merge", "cluster": "1", "other": "3", "revision": "2"})
    assert state(draft).part[4:8] == (1, 1, 1, 1)
    leader.post(at(draft, "change/"), {"kind": "centre", "cluster": "1", "unit": ["6"], "revision": "3"})
    assert state(draft).centres == (-1, 6, -1)


def test_computing_is_asked_for_and_stopped(leader: Client) -> None:
    draft = started()
    assert sent(leader, draft, "compute/", {"kind": "front", "count": 6}).status_code == 202
    assert "Being computed" in leader.get(at(draft)).content.decode()
    stopping = sent(leader, draft, "stop/", {})
    assert stopping.json()["run"]["state"] == "stopping"


def test_the_units_are_kept_by_their_digest(leader: Client) -> None:
    draft = started()
    digest = state(draft).units_digest
    answer = leader.get(at(draft, f"units.json?d={digest}"))
    assert "immutable" in answer["Cache-Control"]
    assert len(answer.json()["shapes"]["features"]) == len(answer.json()["units"]["keys"]) == 12
    assert answer.json()["units"]["keys"][0] == answer.json()["shapes"]["features"][0]["properties"]["key"]


@pytest.mark.parametrize("rest", ["", "compare/", "history/", "publish/", "withdraw/"])
def test_every_page_opens(leader: Client, rest: str) -> None:
    assert leader.get(at(started(), rest)).status_code == 200


def test_a_draft_that_does_not_exist_is_not_found(leader: Client) -> None:
    for rest in ("", "state.json", "units.json", "compare/", "history/"):
        assert leader.get(at(uuid.uuid4(), rest)).status_code == 404


# publishing, comments, decisions -------------------------------------------------------------------------------------


def published(until: date = TODAY) -> uuid.UUID:
    draft = started()
    change = Change(kind="paint", moves=[(4, 0)])
    services.change_draft(actor=SYSTEM, draft_id=draft, revision=0, change=change, now=NOW)
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=until, now=NOW)
    return draft


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors read the clock; the district of these tests lives on one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.usefixtures("at_noon")
def test_publishing_asks_until_when_and_keeps_a_wrong_day(leader: Client) -> None:
    draft = started()
    wrong = leader.post(at(draft, "publish/"), {"day": "2020-01-01"})
    assert wrong.status_code == 422 and "2020-01-01" in wrong.content.decode()
    assert leader.post(at(draft, "publish/"), {"day": TOMORROW.isoformat()}).status_code == 302
    assert state(draft).state == "published"


@pytest.mark.usefixtures("at_noon")
def test_anybody_reads_a_published_plan_and_comments_without_an_account() -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    assert "三片区调整" in anybody.get("/plans/").content.decode()
    page = anybody.get(f"/plans/{draft}/").content.decode()
    assert "5号" in page and "360" in page and "You can comment until 2 Mar 2026" in page
    sent_ = anybody.post(f"/plans/{draft}/comment/", {"words": "请保留我们小区", "unit": "330205001005"})
    assert sent_.status_code == 302
    page = anybody.get(f"/plans/{draft}/?said=1").content.decode()
    assert "请保留我们小区" in page and "Thank you" in page


@pytest.mark.usefixtures("at_noon")
def test_a_comment_that_is_refused_is_kept_on_the_page() -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    answer = anybody.post(f"/plans/{draft}/comment/", {"words": "有话说", "unit": "no-such-place"})
    assert answer.status_code == 422 and "有话说</textarea>" in answer.content.decode()


@pytest.mark.usefixtures("at_noon")
def test_one_connection_cannot_flood_a_plan() -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    answers = [anybody.post(f"/plans/{draft}/comment/", {"words": f"第 {n} 条"}).status_code for n in range(21)]
    assert answers == [302] * 20 + [429]
    last = anybody.post(f"/plans/{draft}/comment/", {"words": "最后一条"})
    assert "Your words are kept below" in last.content.decode() and "最后一条</textarea>" in last.content.decode()


def test_a_draft_that_was_not_published_is_nobodys_business() -> None:
    draft, anybody = started(), Client()
    for rest in ("", "map.json", "units.json", "record.json"):
        assert anybody.get(f"/plans/{draft}/{rest}").status_code == 404
    assert "三片区调整" not in anybody.get("/plans/").content.decode()


@pytest.mark.usefixtures("at_noon")
def test_drafts_that_nobody_published_crowd_no_plan_out_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    published()
    monkeypatch.setattr(plans, "MOST_PLANS", 1)
    services.withdraw_draft(actor=SYSTEM, draft_id=started(title="草稿"), now=NOW)
    page = Client().get("/plans/").content.decode()
    assert "三片区调整" in page and "草稿" not in page


@pytest.mark.usefixtures("at_noon")
def test_more_comments_than_a_page_shows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    for words in ("一", "二"):
        services.comment(actor=RESIDENT, draft_id=draft, words=words, now=NOW)
    assert "newest" not in anybody.get(f"/plans/{draft}/").content.decode()
    monkeypatch.setattr(plans, "SHOWN", 1)
    assert "2 · the newest 1 is shown" in anybody.get(f"/plans/{draft}/").content.decode()


@pytest.mark.usefixtures("at_noon")
def test_what_it_takes_to_compute_it_again_is_there_for_everybody() -> None:
    draft, anybody = published(), Client()
    text = anybody.get(f"/plans/{draft}/units.json").content
    assert sha256(text).hexdigest() == state(draft).units_digest
    record = anybody.get(f"/plans/{draft}/record.json").json()
    assert record["part"][4] == 0 and record["changes"][0]["kind"] == "paint"
    assert len(anybody.get(f"/plans/{draft}/map.json").json()["shapes"]["features"]) == 12


@pytest.mark.usefixtures("at_noon")
def test_the_line_to_compute_it_again_names_the_files_as_they_are_downloaded() -> None:
    draft, anybody = published(), Client()
    page = anybody.get(f"/plans/{draft}/").content.decode()
    for option, rest in (("--units", "units.json"), ("--record", "record.json")):
        name = re.search('filename="(.+)"', anybody.get(f"/plans/{draft}/{rest}")["Content-Disposition"])
        assert name and f"{option} {name[1]}" in page


@pytest.mark.usefixtures("at_noon")
def test_no_total_tells_what_a_line_with_few_households_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    assert "360 households in all" in anybody.get(f"/plans/{draft}/").content.decode()
    monkeypatch.setattr(plans, "FEWEST", 361)
    page = anybody.get(f"/plans/{draft}/").content.decode()
    assert "fewer than 361" in page and "households in all" not in page and "Households moved" not in page


@pytest.mark.usefixtures("at_noon")
def test_matters_a_year_are_published_in_fives() -> None:
    with override_settings(PLANNING_WORKLOAD=f"{__name__}.few_matters"):
        draft = published()
    told = Client().get(f"/plans/{draft}/units.json").json()["workload"]
    assert told == [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10]


def few_matters(_on: date) -> dict[str, int]:
    """None in the first community, one in the second, and so on."""
    return {code_of(number): number for number in range(12)}


@pytest.mark.usefixtures("at_noon")
def test_units_that_tell_of_few_are_not_published() -> None:
    draft = published()
    row = UnitSet.objects.get(id=state(draft).units_id)
    told = json.loads(row.content)
    told["workload"][3] = 4  # as drafts had them before numbers were written down in fives
    UnitSet.objects.filter(id=row.id).update(content=json.dumps(told))
    queries.tells_of_few.cache_clear()
    queries.units_of.cache_clear()
    anybody = Client(headers={"accept-language": "en"})
    assert anybody.get(f"/plans/{draft}/units.json").status_code == 404
    shown = anybody.get(f"/plans/{draft}/").text
    assert "a number below five" in shown and "units.json" not in shown and "pianqu plan reproduce" not in shown
    queries.units_of.cache_clear()


@pytest.mark.usefixtures("at_noon")
def test_no_deviation_tells_how_few_live_in_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    assert "Largest deviation" in anybody.get(f"/plans/{draft}/").text
    monkeypatch.setattr(plans, "FEWEST", 1600)
    assert "Largest deviation" not in anybody.get(f"/plans/{draft}/").text


@pytest.mark.usefixtures("at_noon")
def test_who_decides_on_a_page_decides_on_what_it_showed(leader: Client) -> None:
    draft = started()
    page = leader.get(at(draft, "publish/")).content.decode()
    assert '<input type="hidden" name="revision" value="0">' in page
    change = Change(kind="paint", moves=[(4, 0)])
    services.change_draft(actor=SYSTEM, draft_id=draft, revision=0, change=change, now=NOW)
    late = leader.post(at(draft, "publish/"), {"day": TOMORROW.isoformat(), "revision": "0"})
    assert late.status_code == 409 and 'name="revision" value="1"' in late.content.decode()
    assert state(draft).state == "editing"


@pytest.mark.usefixtures("at_noon")
def test_comments_are_answered_and_hidden_at_the_desk(leader: Client) -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    said = services.comment(actor=RESIDENT, draft_id=draft, words="联系电话一二三", now=NOW)
    leader.post(at(draft, "comments/"), {"act": "answer", "comment": str(said), "words": "已记下"})
    assert "已记下" in anybody.get(f"/plans/{draft}/").content.decode()
    leader.post(at(draft, "comments/"), {"act": "hide", "comment": str(said), "reason": "personal"})
    page = anybody.get(f"/plans/{draft}/").content.decode()
    assert "联系电话" not in page and "It names a person" in page
    assert "联系电话" in leader.get(at(draft, "comments/")).content.decode()
    empty = leader.post(at(draft, "comments/"), {"act": "answer", "comment": str(said), "words": " "})
    assert empty.status_code == 422
    leader.post(at(draft, "comments/"), {"act": "say", "words": "街道同意"})
    assert "街道同意" in anybody.get(f"/plans/{draft}/").content.decode()


@pytest.mark.usefixtures("at_noon")
def test_adopting_says_what_moves_and_from_which_day(leader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = published()
    official("boss", kind="administrator")
    boss = Client(headers={"accept-language": "en"})
    boss.force_login(Account.objects.get(login="boss"))
    early = boss.get(at(draft, "adopt/")).content.decode()
    assert "Comments are taken until 2 Mar 2026, that day included." in early and 'name="day"' not in early
    assert boss.post(at(draft, "adopt/"), {"day": TOMORROW.isoformat()}).status_code == 409
    monkeypatch.setattr(timezone, "now", lambda: AFTER)
    assert "5号" in boss.get(at(draft, "adopt/")).content.decode()
    assert leader.get(at(draft, "adopt/")).status_code == 403
    without = boss.post(at(draft, "adopt/"), {"day": TOMORROW.isoformat()})
    assert without.status_code == 409 and "beyond its tolerance" in without.content.decode()
    given = {"day": TOMORROW.isoformat(), "reason": "居民代表会议同意"}
    assert boss.post(at(draft, "adopt/"), given).status_code == 302
    page = boss.get(f"/plans/{draft}/").content.decode()
    assert "Decided: in force from 3 Mar 2026" in page and "居民代表会议同意" in page


@pytest.mark.usefixtures("at_noon")
def test_publishing_without_asking_is_told_to_everybody_with_its_reason(leader: Client) -> None:
    draft = started()
    wrong = leader.post(at(draft, "publish/"), {"day": "", "unasked": "1", "reason": ""})
    assert wrong.status_code == 422 and "say why nobody is asked" in wrong.content.decode()
    given = {"day": "2020-01-01", "unasked": "1", "reason": "更正上次误划"}
    assert leader.post(at(draft, "publish/"), given).status_code == 302
    page = Client(headers={"accept-language": "en"}).get(f"/plans/{draft}/").content.decode()
    assert "Nobody was asked for comments on this plan." in page and "更正上次误划" in page and 'id="say"' not in page


@pytest.mark.usefixtures("at_noon")
def test_a_comment_shows_its_revision_and_what_changed_since(leader: Client) -> None:
    draft, anybody = published(), Client(headers={"accept-language": "en"})
    page = anybody.get(f"/plans/{draft}/").content.decode()
    assert 'name="revision" value="1"' in page
    anybody.post(f"/plans/{draft}/comment/", {"words": "请保留", "revision": "1"})
    services.change_draft(actor=SYSTEM, draft_id=draft, revision=1, change=Change(kind="undo"), now=NOW)
    for where, client in ((f"/plans/{draft}/", anybody), (at(draft, "comments/"), leader)):
        page = client.get(where).content.decode()
        assert "on revision 1" in page and "1 change since" in page


def test_who_only_reads_a_draft_is_told_whose_it_is(leader: Client) -> None:
    draft = started()
    official("town", WEST)
    reader = Client(headers={"accept-language": "en"})
    reader.force_login(Account.objects.get(login="town"))
    page = reader.get(at(draft)).content.decode()
    assert "You read this draft: it is changed by 江北区" in page and "data-repair" not in page
    assert reader.post(at(draft, "change/"), {"kind": "lock", "unit": "1", "revision": "0"}).status_code == 403
    assert sent(reader, draft, "repair/", {"revision": 0, "near": [1]}).status_code == 403
    assert reader.get(at(draft, "publish/")).status_code == 403
    assert "data-repair" in leader.get(at(draft)).content.decode()


def test_withdrawing_ends_a_draft(leader: Client) -> None:
    draft = started()
    assert leader.post(at(draft, "withdraw/"), {}).status_code == 302
    assert state(draft).state == "withdrawn"
    assert "Put into force" not in leader.get(at(draft)).content.decode()


def test_the_sheet_is_a_pdf(leader: Client) -> None:
    answer = leader.get(at(started(), "print.pdf"))
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("level", ["clusters", "cells"])
def test_the_sheet_is_laid_out_on_one_page_across(leader: Client, level: str) -> None:
    """Also with more cells than there is room for."""
    draft = started(level=level, settings={"least": 20, "most": 60} if level == "cells" else {})
    for unit in range(60 if level == "cells" else 0):
        now = state(draft)
        if now.part.count(now.part[unit]) > 1:
            split = Change(kind="split", cluster=now.part[unit], units=[unit])
            services.change_draft(actor=SYSTEM, draft_id=draft, revision=now.revision, change=split, now=NOW)
    assert len(state(draft).names) == 3 if level == "clusters" else len(state(draft).names) > 40
    content = leader.get(at(draft, "print.pdf")).content
    boxes = re.findall(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+)", content)
    assert [[round(float(side) / 72 * 25.4) for side in box] for box in boxes] == [[420, 297]]


def test_whoever_holds_no_post_or_only_reads_cannot_plan() -> None:
    draft = started()
    official("auditor", kind="auditor")
    auditor = Client(headers={"accept-language": "en"})
    auditor.force_login(Account.objects.get(login="auditor"))
    assert auditor.get(at(draft)).status_code == 200
    assert "Keep settings" not in auditor.get(at(draft)).content.decode()
    refused = sent(auditor, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[4, 0]]})
    assert refused.status_code == 403 and state(draft).revision == 0
    assert Client().get(at(draft))["Location"].startswith("/sign-in/")


def test_the_page_asks_the_same_number_of_questions_however_much_was_done(leader: Client) -> None:
    draft = started()
    leader.get(at(draft))
    with CaptureQueriesContext(connection) as before:
        leader.get(at(draft, "?cluster=0"))
    for revision in range(6):
        change = Change(kind="paint", moves=[(4, revision % 2)])
        services.change_draft(actor=SYSTEM, draft_id=draft, revision=revision, change=change, now=NOW)
    with CaptureQueriesContext(connection) as after:
        leader.get(at(draft, "?cluster=0"))
    assert len(after) <= len(before)
