"""The pages of sites through HTTP: who sees what, what a form with faults says and keeps, trials, both languages."""

import json
import re
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.errors import Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.models import Study
from pianqu.rooms.planning.schemas import sites as schemas
from pianqu.rooms.planning.services import StudyAsk
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as ground
from pianqu.rooms.territory.services import NewBuilding, NewLandmark
from pianqu.rooms.territory.tests.builders import CENTRE, NOW, ONE, SIDE, SOUTH, SYSTEM, TWO, WEST, small_district

pytestmark = pytest.mark.django_db
LIST = "/desk/planning/sites/"
GOOD = {
    "title": "便民窗口",
    "question": "coverage",
    "demand": "households",
    "sites": "2",
    "minutes": "5",
    "present": "keep",
    "point_kind": "",
    "kinds": ["school"],
    "capacity": "",
    "seed": "2611",
}


@pytest.fixture(autouse=True)
def _district() -> Iterator[None]:
    territory.forget_places()
    territory.forget_grids()
    small_district()
    ground.take_in_buildings(actor=SYSTEM, items=_houses(), source="测试", now=NOW)
    marks = [
        NewLandmark(name=f"{number} 号学校", kind="school", lon=WEST + 0.0035 * number, lat=SOUTH + SIDE)
        for number in range(1, 5)
    ]
    ground.add_landmarks(actor=SYSTEM, items=marks, source="openstreetmap", now=NOW)
    yield
    territory.forget_places()


def _houses() -> list[NewBuilding]:
    return [
        NewBuilding(
            code=f"{code}-{number}",
            name=f"{number} 幢",
            community_code=code,
            lon=west + 0.0007 * number,
            lat=SOUTH + SIDE,
            households=10 + number,
        )
        for code, west in ((ONE, WEST), (TWO, WEST + 2 * SIDE))
        for number in range(1, 9)
    ]


def client(kind: str = "leader", *, language: str = "en") -> Client:
    person = Account(id=new_id(), login=f"{kind}-{language}", name=kind, password="!")
    person.save()
    directory.appoint(actor=SYSTEM, account_id=person.id, organisation_code=CENTRE, kind=kind, title="岗", now=NOW)
    opened = Client(headers={"accept-language": language})
    opened.force_login(person)
    return opened


def answered(**changes: object) -> uuid.UUID:
    given = {"title": "便民窗口", "sites": 2, "minutes": 5, "kinds": ("school",), **changes}
    study_id = services.ask_study(actor=SYSTEM, asked=StudyAsk(**given), now=timezone.now())  # type: ignore[arg-type]
    jobs.run_waiting({"sites": jobs.siting(lambda since, until: ())}, actor=SYSTEM)
    return study_id


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_a_leader_asks_watches_and_reads() -> None:
    browser = client()
    assert "Nothing was studied yet" in page(browser, LIST)
    answer = browser.post(LIST, GOOD)
    assert answer.status_code == 302
    address = answer["Location"]
    assert 'hx-trigger="every 2s"' in page(browser, address)
    jobs.run_waiting({"sites": jobs.siting(lambda since, until: ())}, actor=SYSTEM)
    text = page(browser, address)
    assert "every 2s" not in text
    for words in (
        "within 5 min",
        "of 232 households",
        "Proved: no plan is better",
        "straight lines times 1.3",
        "号学校",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "a name of at most 60"),
        ({"sites": "many"}, "1 to 60 sites"),
        ({"sites": "5"}, "there are only 4 candidates"),
        ({"minutes": "-5"}, "1 to 60 minutes"),
        ({"kinds": [], "present": "none"}, "at least one kind"),
        ({"capacity": "x"}, "room for 1 to"),
    ],
)
def test_a_form_with_faults_says_so_beside_the_field_and_loses_nothing(wrong: dict[str, object], sentence: str) -> None:
    browser = client()
    answer = browser.post(LIST, {**GOOD, "minutes": "7", "title": "城北窗口", **wrong})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count(sentence) >= 2, "in the summary and beside the field"
    assert "what you typed is still here" in text
    assert ('value="城北窗口"' in text) == ("title" not in wrong)
    assert queries.studies() == ()


def test_who_does_not_plan_reads_and_has_no_form() -> None:
    study_id = answered()
    clerk = client("window")
    text = page(clerk, LIST)
    assert "便民窗口" in text and "A new study" not in text
    text = page(clerk, f"{LIST}{study_id}/")
    assert "Move a site" not in text and "Show it to everybody" not in text
    assert clerk.post(LIST, GOOD).status_code == 403
    assert clerk.post(f"{LIST}{study_id}/", {"act": "forget"}).status_code == 403


def test_a_site_is_moved_on_trial_and_kept_without_scripts() -> None:
    browser, study_id = client(), answered()
    card = queries.study(study_id)
    free = next(number for number in range(4) if number not in card.found)
    answer = browser.get(
        f"{LIST}{study_id}/", {"site": list(card.found), "from": card.found[0], "to": free}, follow=False
    )
    assert answer.status_code == 302
    trial = answer["Location"]
    text = page(browser, trial)
    assert "A trial: nothing is kept yet" in text and "kept: " in text
    sites = re.findall(r'name="site" value="(\d+)"', text)
    assert queries.study(study_id).chosen == card.found
    answer = browser.post(f"{LIST}{study_id}/", {"act": "choose", "site": sorted(set(sites))})
    assert answer.status_code == 302
    assert queries.study(study_id).chosen == tuple(sorted({*card.found[1:], free}))
    assert "moved by hand" in page(browser, f"{LIST}{study_id}/")


@pytest.mark.parametrize(
    "query", ["?site=x", "?site=999999", "?from=&to=", "?from=0&to=99999", "?to=77", "?site=-1&to=-1"]
)
def test_an_address_with_nonsense_shows_the_study(query: str) -> None:
    browser, study_id = client(), answered()
    assert browser.get(f"{LIST}{study_id}/{query}", follow=True).status_code == 200
    assert browser.get(f"{LIST}{study_id}/map.json{query}").status_code == 200


def test_the_map_shows_communities_rings_candidates_and_sites_above_them() -> None:
    browser, study_id = client(), answered()
    shapes = json.loads(browser.get(f"{LIST}{study_id}/map.json").content)["features"]
    levels = [shape["properties"]["level"] for shape in shapes]
    assert levels == ["share"] * 2 + ["ring"] * 3 + ["option"] * 2 + ["site"] * 2
    assert shapes[0]["properties"]["tip"].count("households") == 2
    assert shapes[5]["properties"]["href"].startswith("?site=")


def test_no_plan_says_why_with_its_numbers_in_both_languages() -> None:
    study_id = answered(question="median", capacity=1)
    text = page(client(), f"{LIST}{study_id}/")
    assert "have room for 2 together, but 232 are to be served" in text and "What you asked is kept" in text
    text = page(client(language="zh-hans"), f"{LIST}{study_id}/")
    assert "没有方案" in text and "232" in text and "together" not in text


def test_a_new_study_like_another_one_begins_with_its_numbers() -> None:
    study_id = answered(capacity=400, minutes=9)
    text = page(client(), f"{LIST}?like={study_id}")
    assert 'value="400"' in text and 'value="9"' in text
    assert page(client("handler"), f"{LIST}?like=nothing")


def test_everybody_sees_a_published_study_and_no_other() -> None:
    study_id, visitor = answered(), Client(headers={"accept-language": "en"})
    assert visitor.get(f"/plans/sites/{study_id}/").status_code == 404
    assert visitor.get(f"/plans/sites/{study_id}/map.json").status_code == 404
    browser = client()
    browser.post(f"{LIST}{study_id}/", {"act": "publish"})
    text = page(visitor, f"/plans/sites/{study_id}/")
    assert "It decides nothing yet" in text and "<select" not in text
    levels = {
        shape["properties"]["level"]
        for shape in json.loads(visitor.get(f"/plans/sites/{study_id}/map.json").content)["features"]
    }
    assert levels == {"share", "ring", "site"}
    browser.post(f"{LIST}{study_id}/", {"act": "take-back"})
    assert visitor.get(f"/plans/sites/{study_id}/").status_code == 404


def _hamlet(lon: float, lat: float) -> None:
    """The houses of one community, and three households elsewhere."""
    far = NewBuilding(code="far", name="远村", community_code=ONE, lon=lon, lat=lat, households=3)
    near = [house for house in _houses() if house.community_code == ONE]
    ground.take_in_buildings(actor=SYSTEM, items=[*near, far], source="测试", now=NOW)


def _published(study_id: uuid.UUID) -> str:
    services.publish_study(actor=SYSTEM, study_id=study_id, public=True, now=timezone.now())
    return page(Client(headers={"accept-language": "en"}), f"/plans/sites/{study_id}/")


def test_so_few_beyond_the_walk_are_found_out_from_no_other_number() -> None:
    _hamlet(WEST, SOUTH + 0.2)
    text = _published(answered(minutes=60, sites=1))
    assert "fewer than 5" in text and "at least 115" in text and "119 households" in text
    assert "116" not in text and "97.5%" not in text, (
        "neither within, nor its share, nor the curve, nor what more bring"
    )


def test_a_site_to_which_so_few_go_does_not_tell_how_many() -> None:
    _hamlet(WEST + 0.0035 * 4, SOUTH + SIDE)
    study_id = answered(minutes=60, sites=2)
    ground_id = queries.study(study_id).ground_id
    assert ground_id is not None
    by_lon = sorted((one.lon, number) for number, one in enumerate(queries.ground(ground_id).candidates))
    ends = [by_lon[0][1], by_lon[-1][1]]
    services.choose_sites(actor=SYSTEM, study_id=study_id, sites=ends, now=timezone.now())
    table = _published(study_id).split("pq-sites-rows")[1].split("</table>")[0]
    loads = re.findall(r'<td class="num"[^>]*>([^<]*)</td></tr>', table)
    assert loads == ["not told", "not told"], "the other one would tell it, with the total"


def test_nobody_keeps_more_sites_than_can_be_asked_for() -> None:
    marks = [NewLandmark(name=f"{n} 号小学", kind="school", lon=WEST + 0.0001 * n, lat=SOUTH + SIDE) for n in range(70)]
    ground.add_landmarks(actor=SYSTEM, items=marks, source="openstreetmap", now=NOW)
    study_id = answered()
    before = queries.study(study_id).chosen
    with pytest.raises(Invalid, match="1 到 60 处"):
        services.choose_sites(actor=SYSTEM, study_id=study_id, sites=range(61), now=timezone.now())
    assert queries.study(study_id).chosen == before


def test_what_is_public_does_not_change_under_its_day() -> None:
    browser, study_id = client(), answered()
    browser.post(f"{LIST}{study_id}/", {"act": "publish"})
    card = queries.study(study_id)
    other = next(number for number in range(4) if number not in card.chosen)
    answer = browser.post(f"{LIST}{study_id}/", {"act": "choose", "site": [other]})
    assert answer.status_code == 409 and "Take it back first" in answer.content.decode()
    assert queries.published_study(study_id).chosen == card.chosen


def test_acts_that_are_refused_say_why_on_the_page() -> None:
    browser, study_id = client(), answered()
    browser.post(f"{LIST}{study_id}/", {"act": "publish"})
    for act, sentence in (("forget", "Take it back first"), ("again", "has its answer"), ("dance", "no such act")):
        answer = browser.post(f"{LIST}{study_id}/", {"act": act})
        assert answer.status_code in (404, 409) and sentence in answer.content.decode()


def test_a_forgotten_study_is_gone() -> None:
    browser, study_id = client(), answered()
    assert browser.post(f"{LIST}{study_id}/", {"act": "forget"})["Location"] == LIST
    assert browser.get(f"{LIST}{study_id}/").status_code == 404


def test_a_waiting_study_can_be_stopped_and_computed_again() -> None:
    browser = client()
    address = browser.post(LIST, GOOD)["Location"]
    browser.post(address, {"act": "stop"})
    jobs.run_waiting({"sites": jobs.siting(lambda since, until: ())}, actor=SYSTEM)
    assert "It was stopped" in page(browser, address)
    browser.post(address, {"act": "again"})
    assert "every 2s" in page(browser, address)


def test_the_page_of_a_stopped_study_says_so_and_offers_to_go_on() -> None:
    browser, study_id = client(), answered()
    card = queries.study(study_id)
    assert card.ground_id is not None
    Study.objects.filter(id=study_id).update(found={**Study.objects.get(id=study_id).found, "stopped": True})
    shown = page(browser, f"{LIST}{study_id}/")
    assert "It was stopped before the end" in shown and "Compute it to the end" in shown
    assert "the best sites that were found until then" in shown
    Study.objects.filter(id=study_id).update(
        found={**Study.objects.get(id=study_id).found, "curve": [], "bound": 10**6}
    )
    shown = page(browser, f"{LIST}{study_id}/")
    assert "what other numbers of sites could reach" in shown and "curve-data" not in shown
    assert "how much better another plan could be is not known" in shown
    assert "Best until it was stopped" in page(browser, LIST)
    browser.post(f"{LIST}{study_id}/", {"act": "again"})
    shown = page(browser, f"{LIST}{study_id}/")
    assert "are kept until then" in shown and "Compute it to the end" not in shown
    jobs.run_waiting({"sites": jobs.siting(lambda since, until: ())}, actor=SYSTEM)
    shown = page(browser, f"{LIST}{study_id}/")
    assert "It was stopped" not in shown and "Move a site" in shown


def test_everybody_finds_published_studies_in_the_list_of_plans() -> None:
    browser, study_id, anybody = client(), answered(), Client(headers={"accept-language": "en"})
    assert "No study of sites has been published yet." in page(anybody, "/plans/")
    browser.post(f"{LIST}{study_id}/", {"act": "publish"})
    assert f'href="/plans/sites/{study_id}/"' in page(anybody, "/plans/")
    assert anybody.get("/plans/sites/")["Location"] == "/plans/#sites"
    assert 'href="/plans/#sites"' in page(anybody, f"/plans/sites/{study_id}/")


@pytest.mark.parametrize(
    ("language", "says"), [("en", "there is no street network in them"), ("zh-hans", "没有按街道路网走")]
)
def test_everybody_is_told_that_ways_are_straight_lines_and_whose_map_it_is(language: str, says: str) -> None:
    browser, study_id = client(), answered()
    browser.post(f"{LIST}{study_id}/", {"act": "publish"})
    shown = Client(headers={"accept-language": language}).get(f"/plans/sites/{study_id}/").text
    assert says in shown and "1.3" in shown and "OpenStreetMap" in shown
    assert "there is no street network in them" in page(browser, LIST)
    assert "there is no street network in them" in page(browser, f"{LIST}{study_id}/")


def test_faults_stand_in_the_order_of_the_form() -> None:
    answer = client().post(LIST, {**GOOD, "sites": "100", "minutes": "0", "capacity": "-3"}).text
    summary = answer.partition("data-error-summary")[2].partition("</ul>")[0]
    at = [summary.index(f'href="#{field}"') for field in ("sites", "minutes", "capacity")]
    assert at == sorted(at)


def test_the_api_takes_as_many_sites_as_the_verb() -> None:
    bound = schemas.ChosenSites.model_json_schema()["properties"]["sites"]["maxItems"]
    asked = schemas.SiteStudyAsk.model_json_schema()["properties"]["sites"]["maximum"]
    assert bound == asked == services.MOST_SITES


def test_the_page_takes_the_same_statements_for_few_and_many() -> None:
    browser, study_id = client(), answered()
    page(browser, f"{LIST}{study_id}/")
    counts = []
    for sites in (1, 4):
        address = f"{LIST}{study_id}/?" + "&".join(f"site={number}" for number in range(sites))
        with CaptureQueriesContext(connection) as taken:
            page(browser, address)
        counts.append(len(taken))
    assert counts[0] == counts[1] < 20
