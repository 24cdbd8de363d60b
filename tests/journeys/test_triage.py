"""Suggestions in their places, wrong categories changed, answers counted, models asked for, chosen, broken."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import pytest

from pianqu.composition import chores, learning
from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, SuggestionAnswer, TriageModel
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    brought_to,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    small_district,
)
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    queries.forget_working_days()


SAID = {
    "roads": ("路灯不亮", "井盖坏了", "人行道塌了", "护栏断了", "路面坑坑洼洼", "公交站牌歪了"),
    "noise": ("半夜装修太吵", "广场舞噪音大", "施工扰民", "音响开得很响", "喇叭叫卖不停", "空调外机轰鸣"),
    "market": ("商家不退款", "超市卖过期食品", "短斤缺两", "健身房关门跑路", "饭店乱收费", "网购买到假货"),
}
WHERE = ("小区门口", "桥边", "菜场旁", "学校对面", "公园里")
STREETS = ("330205001000", "330205103000")
PAIRS = [itemgetter(one, other) for one in range(6) for other in range(one)]


def history(count: int = 120, **fixed: Any) -> None:
    """Answered matters of three kinds, led by two organisations."""
    items = []
    for number in range(count):
        category = list(SAID)[number % 3]
        said = "，".join(PAIRS[number // 3 % len(PAIRS)](SAID[category]))
        items.append(
            services.Opening(
                words=f"{WHERE[number % 5]}{said}",
                category=category,
                place=services.PlaceChoice(landmark="桥头"),
                claim=services.Claim(
                    happened_at=NOW - timedelta(days=30), imported_from="old", imported_id=str(number)
                ),
            )
        )
    made = services.open_cases(actor=importer(), items=items, now=NOW)
    services.resolve_cases(
        actor=importer(),
        items=[services.Resolution(case_id=one.case_id, reply="已处理") for one in made],
        now=NOW,
    )


def system() -> Actor:
    return chores.system_actor()


def learned() -> int:
    """Ask and learn in this process."""
    model_id = services.ask_for_training(actor=system(), now=NOW)
    return learning.learn(model_id, actor=system()).version


# the shipped list ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("路灯坏了三天，晚上很黑", "roads"),
        ("自来水管漏水", "water"),
        ("河道里垃圾发臭", "environment"),
        ("楼上半夜装修噪音大", "noise"),
        ("路口红绿灯坏了，堵车", "traffic"),
        ("电梯坏了物业不管", "property"),
        ("超市卖过期食品", "market"),
        ("社保怎么办理", "services"),
        ("the street light has been out for days", "roads"),
        ("the shop refuses a refund", "market"),
    ],
)
def test_the_shipped_list_suggests_and_is_never_sure(words: str, category: str) -> None:
    found = queries.suggestion(words)
    assert found.categories[0].label == category
    assert found.categories[0].phrases
    assert (found.version, found.sure, found.organisations) == (0, "", ())


def test_every_shipped_phrase_belongs_to_a_shipped_category() -> None:
    assert set(queries.starter().phrases) == {c.code for c in queries.shipped_categories()} - {"unknown"}


def test_a_platform_follows_from_the_category() -> None:
    assert queries.suggestion("超市卖过期食品").platform == "market"
    assert queries.suggestion("今天天气").is_empty


@pytest.mark.parametrize(
    "words",
    [
        "楼道里闻到燃气味",
        "电线裸露有人触电",
        "井盖不见了",
        "there is a gas leak",
        "救命",
        "有人在打架",
        "有人倒地不起",
        "阳台上有人要跳",
        "孩子掉到河里了",
        "老人摔倒了没人管",
        "Help, fire!",
        "My house is burning",
        "gas smell in the kitchen",
    ],
)
def test_danger_raises_and_nothing_lowers(words: str) -> None:
    dangers = queries.suggestion(words).dangers
    assert dangers
    for nature in ("", "enquiry", "help", "complaint", "urgent"):
        assert queries.nature_raised(nature, dangers) == "urgent"
        assert queries.nature_raised(nature, ()) == nature


# a wrong category ----------------------------------------------------------------------------------------------------


def test_the_centre_and_the_lead_change_a_wrong_category() -> None:
    case = dispatched(words="小区电梯坏了，物业不管")
    services.recategorise_case(actor=handler(LEAD), case_id=case.case_id, category="property", words="归物业", now=NOW)
    services.recategorise_case(actor=clerk(), case_id=case.case_id, category="unknown", now=NOW)
    assert Case.objects.get(id=case.case_id).category == "unknown"
    told = [item for item in ledger.history(f"case:{case.case_id}") if item.kind == "casework.case-recategorised"]
    assert [(item.fact["former"], item.fact["category"]) for item in told] == [
        ("roads", "property"),
        ("property", "unknown"),
    ]
    assert "归物业" not in str([item.fact for item in told])


@pytest.mark.parametrize("state", ["opened", "accepted", "dispatched", "in_progress", "returned", "paused", "reopened"])
def test_an_open_matter_is_sorted_anew(state: str) -> None:
    case_id = brought_to(state)
    services.recategorise_case(actor=clerk(), case_id=case_id, category="water", now=NOW)
    assert Case.objects.get(id=case_id).category == "water"


@pytest.mark.parametrize("state", ["resolved", "rated", "closed", "withdrawn"])
def test_what_is_over_keeps_its_category(state: str) -> None:
    case_id = brought_to(state)
    with pytest.raises(Refused):
        services.recategorise_case(actor=clerk(), case_id=case_id, category="water", now=NOW)


@pytest.mark.parametrize("category", ["", "nonsense", "roads"])
def test_an_unknown_or_the_same_category_changes_nothing(category: str) -> None:
    case = opened()
    with pytest.raises(Invalid):
        services.recategorise_case(actor=clerk(), case_id=case.case_id, category=category, now=NOW)
    assert not SuggestionAnswer.objects.exists()


def test_others_may_not() -> None:
    case = opened()
    auditor = Actor(kind="resident", organisation_code="330205-centre")
    for actor in (handler(LEAD), auditor):
        with pytest.raises(Forbidden):
            services.recategorise_case(actor=actor, case_id=case.case_id, category="water", now=NOW)


# answers -------------------------------------------------------------------------------------------------------------


def test_accepting_and_overriding_are_counted_once_a_matter() -> None:
    right = opened(words="路灯不亮", category="roads")
    wrong = opened(words="路灯不亮", category="noise")
    services.accept_case(actor=clerk(), case_id=right.case_id, nature="help", suggested_by=0, now=NOW)
    services.accept_case(actor=clerk(), case_id=wrong.case_id, nature="help", suggested_by=0, now=NOW)
    services.recategorise_case(actor=clerk(), case_id=wrong.case_id, category="water", suggested_by=0, now=NOW)
    (answers,) = queries.answers_since(NOW)
    assert (answers.what, answers.version, answers.first, answers.other, answers.none) == ("category", 0, 1, 0, 1)
    kinds = [item.kind for item in ledger.history(f"case:{wrong.case_id}")]
    assert kinds.count("casework.suggestion-answered") == 2


def test_what_nobody_was_shown_is_not_counted() -> None:
    case = opened(words="路灯不亮")
    services.accept_case(actor=clerk(), case_id=case.case_id, nature="help", now=NOW)
    other = opened(words="路灯不亮")
    services.accept_case(actor=clerk(), case_id=other.case_id, nature="help", suggested_by=7, now=NOW)
    assert queries.answers_since(NOW) == ()


def test_taking_in_counts_once_also_when_sent_twice() -> None:
    for _again in range(2):
        services.take_in(
            actor=clerk(),
            channel="phone",
            words="超市卖过期食品",
            category="market",
            place=services.PlaceChoice(landmark="桥头"),
            suggested_by=0,
            idempotency_key="k" * 20,
            now=NOW,
        )
    (answers,) = queries.answers_since(NOW)
    assert (answers.first, answers.total) == (1, 1)


# models --------------------------------------------------------------------------------------------------------------


def test_a_model_is_learned_used_and_told() -> None:
    history()
    assert learned() == 1
    found = queries.suggestion("桥边路灯不亮")
    assert (found.version, found.categories[0].label) == (1, "roads")
    assert found.sure == "roads"
    row = TriageModel.objects.get()
    assert (row.state, row.in_use, row.matters) == ("kept", True, 120)
    assert row.card["heads"]["category"]["macro_f1"] >= row.card["starter"]["macro_f1"]
    told = ledger.history(f"triage-model:{row.id}")
    assert [item.kind for item in told] == ["casework.triage-model-asked", "casework.triage-model-learned"]
    assert told[1].fact["digest"] == row.digest


@pytest.mark.parametrize(
    "words", ["今天天气真好", "有人在打架", "有人倒地不起", "吃饭", "我要表扬社区", "救命", "nice weather"]
)
def test_of_what_it_knows_nothing_it_says_nothing(words: str) -> None:
    history()
    assert learned() == 1
    found = queries.suggestion(words)
    assert (found.version, found.sure, found.organisations) == (0, "", ())
    assert all(guess.phrases for guess in found.categories)


def test_who_led_is_suggested_too() -> None:
    history(60)
    for number in range(45):
        case = opened(words=f"{WHERE[number % 5]}的井盖坏了")
        lead = LEAD
        services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=lead, nature="help", now=NOW)
        services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好", now=NOW)
    for number in range(45):
        case = opened(words=f"{WHERE[number % 5]}卖过期食品", category="market")
        services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code="330205-market", nature="help", now=NOW)
        services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好", now=NOW)
    learned()
    found = queries.suggestion("学校对面卖过期食品")
    assert found.organisations[0].label == "330205-market"
    streets = [
        NewOrganisation(code=code, kind="street", name=code, short_name=code, parent_code="330205") for code in STREETS
    ]
    system_of = importer("330205")
    directory.add_organisations(actor=system_of, items=streets, valid_from=NOW.date(), now=NOW)
    directory.serve_areas(
        actor=system_of, organisation_code=LEAD, area_codes=STREETS[:1], valid_from=NOW.date(), now=NOW
    )
    for place, there in ((COMMUNITY, True), (OTHER_COMMUNITY, False), ("", True)):
        led = {guess.label for guess in queries.suggestion("小区门口的井盖坏了", place).organisations}
        assert (LEAD in led, "330205-market" in led) == (there, True)
    case = opened(words="学校对面卖过期食品", category="market")
    services.dispatch_case(
        actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="help", suggested_by=found.version, now=NOW
    )
    answers = {one.what: one for one in queries.answers_since(NOW)}
    assert (answers["category"].first, answers["organisation"].other) == (1, 1)


def test_too_few_matters_teach_nothing_and_the_page_says_so() -> None:
    opened()
    assert learned() == 0
    row = TriageModel.objects.get()
    assert (row.state, row.reason, row.in_use) == ("stopped", "too-few", False)
    assert queries.suggestion("路灯不亮").version == 0


def test_asked_for_twice_it_is_the_same_one() -> None:
    one = services.ask_for_training(actor=system(), now=NOW)
    assert services.ask_for_training(actor=system(), now=NOW) == one


def broken(row: TriageModel) -> None:
    """Somebody changed a byte in the middle of the file."""
    name = row.file_name
    path = next(installation().files.glob(f"*/*/{name}"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    queries.forget_model()


def test_a_broken_file_is_left_aside_for_the_former_model_then_for_the_list() -> None:
    history()
    learned()
    assert learned() == 2
    two, one = TriageModel.objects.order_by("-version")
    broken(two)
    assert queries.suggestion("路灯不亮").version == 1
    page = queries.triage_for(system(), now=NOW)
    assert (page.working, page.chosen) == (1, 2)
    assert {card.version: card.is_readable for card in page.models} == {1: True, 2: False}
    files.remove(one.file_name)
    queries.forget_model()
    assert queries.suggestion("路灯不亮").version == 0


def test_one_goes_back_to_a_former_model_or_to_the_list_but_not_to_a_broken_one() -> None:
    history()
    learned()
    learned()
    services.choose_model(actor=system(), version=1, now=NOW)
    assert queries.suggestion("路灯不亮").version == 1
    services.choose_model(actor=system(), version=0, now=NOW)
    assert queries.suggestion("路灯不亮").version == 0
    broken(TriageModel.objects.get(version=2))
    with pytest.raises(Refused) as refusal:
        services.choose_model(actor=system(), version=2, now=NOW)
    assert "2" in refusal.value.message
    with pytest.raises(Absent):
        services.choose_model(actor=system(), version=9, now=NOW)
    with pytest.raises(Forbidden):
        services.choose_model(actor=clerk(), version=1, now=NOW)
    assert not TriageModel.objects.filter(in_use=True).exists()


def test_a_clearly_worse_model_is_kept_and_not_used() -> None:
    history()
    learned()
    Case.objects.update(category="roads")
    Case.objects.filter(words__contains="桥边").update(category="noise")
    Case.objects.filter(code__lt="8").update(category="market")
    assert learned() == 2
    assert [row.in_use for row in TriageModel.objects.order_by("version")] == [True, False]


def test_erased_words_are_not_learned() -> None:
    history(6)
    case = Case.objects.first()
    assert case is not None
    services.close_cases(actor=importer(), items=[services.Closing(case_id=case.id)], now=NOW)
    before = len(queries.confirmed_matters())
    services.erase_case(actor=clerk(), case_id=case.id, basis=services.BASES[0], now=NOW)
    assert len(queries.confirmed_matters()) == before - 1


NIGHT = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
"""Half past two in the morning, in the district."""


def test_it_is_due_at_night_where_enough_is_new() -> None:
    assert not queries.is_training_due(now=NIGHT)
    history()
    assert queries.is_training_due(now=NIGHT)
    assert not queries.is_training_due(now=NIGHT + timedelta(hours=8))
    learned()
    assert not queries.is_training_due(now=NIGHT + timedelta(days=1))


def test_models_beyond_the_newest_go_with_their_files_but_never_the_one_in_use() -> None:
    history()
    learned()
    services.choose_model(actor=system(), version=1, now=NOW)
    for number in range(11):
        model_id = services.ask_for_training(actor=system(), now=NOW + timedelta(minutes=number))
        services.stop_training(actor=system(), model_id=model_id, reason="too-few", now=NOW)
    assert TriageModel.objects.filter(in_use=True, version=1).exists()
    services.choose_model(actor=system(), version=0, now=NOW)
    name = TriageModel.objects.get(version=1).file_name
    assert queries.models_in_use([name, "x"]) == {name}


def test_no_web_process_carries_scikit_learn_along() -> None:
    """In a fresh program with every address and every chore loaded."""
    code = (
        "import sys, django; django.setup(); import pianqu.composition.urls, pianqu.composition.chores; "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'joblib'}))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
