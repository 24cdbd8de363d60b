"""The doors of casework: who gets in with what proof, what each page shows, and how many statements it takes."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.models import Account
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.tests import builders
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation

PHONE = "13805744406"
SYSTEM = Actor(kind="system", organisation_code="330205")


def now_opened(**changes: object) -> services.Opened:
    return builders.opened(**{"now": timezone.now(), **changes})


def case_path(case: services.Opened) -> str:
    return f"/case/{checkcode.show(case.case_code)}/"


def official(organisation_code: str, *, kind: str = "handler") -> Client:
    """A browser in which the holder of a post of this organisation is signed in."""
    now = timezone.now()
    account = Account.objects.create_account(login=f"at-{organisation_code}", password="p", name="某人")
    item = NewOrganisation(code=organisation_code, kind="department", name="某局", short_name="某局")
    directory.add_organisations(actor=SYSTEM, items=[item], valid_from=now.date(), now=now)
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="经办", now=now
    )
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def window() -> Client:
    return official(rules.centre_code())


# following -----------------------------------------------------------------------------------------------------------


def test_the_receipts_link_opens_the_case_and_leaves_the_address_bar(client: Client) -> None:
    case = now_opened()
    answer = client.get(f"{case_path(case)}?s={case.receipt_secret}")
    assert answer["Location"] == case_path(case)
    cookie = answer.cookies["pianqu-case"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", case_path(case))
    assert client.get(case_path(case)).status_code == 200


@pytest.mark.parametrize("typed", ["{shown}", "{lower}", " {plain} ", "{spaced}"])
@pytest.mark.parametrize("proof", ["4406", "４４０６", "44 06", "{secret}", "http://here/case/x/?s={secret}"])
def test_a_code_is_read_kindly(client: Client, typed: str, proof: str) -> None:
    case = now_opened(contact=PHONE)
    code = case.case_code
    forms = {"shown": checkcode.show(code), "lower": code.lower(), "plain": code, "spaced": " ".join(code)}
    given = {"code": typed.format(**forms), "proof": proof.format(secret=case.receipt_secret)}
    answer = client.post("/follow/", given)
    assert answer.status_code == 302
    assert client.get(answer["Location"]).status_code == 200


def test_letters_that_look_like_digits_are_read_as_digits(client: Client) -> None:
    case = next(c for c in (now_opened(contact=PHONE) for _n in range(200)) if "0" in c.case_code)
    answer = client.post("/follow/", {"code": case.case_code.replace("0", "O"), "proof": "4406"})
    assert answer.status_code == 302


def test_without_a_pass_every_page_of_a_case_asks_for_proof(client: Client) -> None:
    case = now_opened()
    for part in ("", "proof/", "withdraw/", f"photo/{uuid.uuid4()}/"):
        answer = client.get(case_path(case) + part)
        assert answer["Location"].startswith("/follow/?code=")
    assert client.post(f"{case_path(case)}add/", {"words": "x"})["Location"].startswith("/follow/")
    assert client.post(f"{case_path(case)}withdraw/")["Location"].startswith("/follow/")
    assert queries.case_head(case.case_id).state == "opened"


def test_a_pass_opens_its_own_case_only(client: Client) -> None:
    mine, other = now_opened(), now_opened()
    client.get(f"{case_path(mine)}?s={mine.receipt_secret}")
    cookie = client.cookies["pianqu-case"].value
    stranger = Client()
    stranger.cookies["pianqu-case"] = cookie
    assert stranger.get(case_path(other)).status_code == 302
    stranger.cookies["pianqu-case"] = cookie[:-3] + "xxx"
    assert stranger.get(case_path(mine)).status_code == 302


def test_an_unknown_code_and_a_wrong_proof_get_the_same_answer(client: Client) -> None:
    case = now_opened(contact=PHONE)
    wrong = client.post("/follow/", {"code": case.case_code, "proof": "0000"})
    unknown = client.post("/follow/", {"code": checkcode.make(7), "proof": "0000"})
    assert wrong.status_code == unknown.status_code == 404
    strip = lambda page, code: page.content.decode().replace(code, "CODE")  # noqa: E731
    errors = [strip(wrong, case.case_code), strip(unknown, checkcode.make(7))]
    alerts = [text[text.index('role="alert"') : text.index('<form method="post" action="/follow/"')] for text in errors]
    assert alerts[0] == alerts[1]


def test_five_wrong_tries_lock_the_code_for_everybody_and_no_neighbour_behind_the_address() -> None:
    case, other = now_opened(contact=PHONE), now_opened(contact=PHONE)
    for _try in range(5):
        Client(REMOTE_ADDR="10.0.0.1").post("/follow/", {"code": case.case_code, "proof": "0000"})
    right = {"code": case.case_code, "proof": "4406"}
    assert Client(REMOTE_ADDR="10.0.0.2").post("/follow/", right).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.1").post("/follow/", {**right, "code": other.case_code}).status_code == 302
    assert Client(REMOTE_ADDR="10.0.0.2").post("/follow/", {**right, "code": other.case_code}).status_code == 302


def test_an_expired_receipt_says_so_and_the_digits_still_work(client: Client) -> None:
    case = now_opened(contact=PHONE, now=timezone.now() - timedelta(days=200))
    answer = client.get(f"{case_path(case)}?s={case.receipt_secret}")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert client.post("/follow/", {"code": case.case_code, "proof": "4406"}).status_code == 302


@pytest.mark.parametrize(
    "given", [{"code": "", "proof": ""}, {"code": "8K3F", "proof": "4406"}, {"code": "\x00", "proof": "\x00"}]
)
def test_an_incomplete_form_says_what_is_missing(client: Client, given: dict[str, str]) -> None:
    answer = client.post("/follow/", given)
    assert answer.status_code == 422
    assert b'id="code-error"' in answer.content


def test_the_reporter_reads_why_it_is_due_then(client: Client) -> None:
    case = now_opened()
    assert client.get(f"{case_path(case)}clock/")["Location"].startswith("/follow/")
    assert client.get("/case/nonsense/clock/")["Location"].startswith("/follow/")
    client.get(f"{case_path(case)}?s={case.receipt_secret}")
    with CaptureQueriesContext(connection) as seen:
        page = client.get(f"{case_path(case)}clock/").content.decode()
    assert len(seen) <= 4 and "当天不计" in page and "所以最晚" in page
    assert "clock/" in client.get(case_path(case)).content.decode()
    services.resolve_case(actor=builders.clerk(), case_id=case.case_id, reply="好了", now=timezone.now())
    assert "没有在计时" in client.get(f"{case_path(case)}clock/").content.decode()


def test_this_device_can_forget(client: Client) -> None:
    case = now_opened()
    client.get(f"{case_path(case)}?s={case.receipt_secret}")
    client.post(f"{case_path(case)}leave/")
    assert client.get(case_path(case)).status_code == 302


# adding and withdrawing ----------------------------------------------------------------------------------------------


@pytest.fixture
def mine(client: Client) -> services.Opened:
    """A case whose reporter's browser is `client`."""
    case = now_opened(photos=[builders.photo()])
    client.get(f"{case_path(case)}?s={case.receipt_secret}")
    return case


def test_words_are_added_once_however_often_they_are_sent(client: Client, mine: services.Opened) -> None:
    for _tap in range(2):
        given = {"key": "one-key-for-this-form", "words": "今天又下雨了"}
        assert client.post(f"{case_path(mine)}add/", given).status_code == 302
    assert len(queries.resident_case(mine.case_id).additions) == 1
    assert "今天又下雨了" in client.get(case_path(mine)).content.decode()


def test_nothing_added_is_said_and_kept(client: Client, mine: services.Opened) -> None:
    answer = client.post(f"{case_path(mine)}add/", {"words": " "})
    assert answer.status_code == 422
    assert b'id="add-words-error"' in answer.content


def test_who_comes_to_a_forms_address_is_led_to_its_page(client: Client, mine: services.Opened) -> None:
    assert client.get(f"{case_path(mine)}add/")["Location"] == case_path(mine)
    assert client.get(f"{case_path(mine)}leave/")["Location"] == case_path(mine)


def test_an_addition_without_its_token_is_kept(mine: services.Opened) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.get(f"{case_path(mine)}?s={mine.receipt_secret}")
    answer = strict.post(f"{case_path(mine)}add/", {"words": "又漏水了"})
    assert (answer.status_code, "又漏水了" in answer.content.decode()) == (403, True)


def test_withdrawing_asks_first_and_happens_once(client: Client, mine: services.Opened) -> None:
    assert client.get(f"{case_path(mine)}withdraw/").status_code == 200
    assert queries.case_head(mine.case_id).state == "opened"
    assert client.post(f"{case_path(mine)}withdraw/").status_code == 302
    assert queries.case_head(mine.case_id).state == "withdrawn"
    assert client.post(f"{case_path(mine)}withdraw/").status_code == 409
    assert client.post(f"{case_path(mine)}add/", {"words": "x"}).status_code == 409


def test_photos_are_for_the_reporter_only(client: Client, mine: services.Opened) -> None:
    photo = queries.resident_case(mine.case_id).photos[0].photo_id
    assert client.get(f"{case_path(mine)}photo/{photo}/")["Content-Type"] == "image/jpeg"
    other = now_opened(photos=[builders.photo("red")])
    foreign = queries.resident_case(other.case_id).photos[0].photo_id
    assert client.get(f"{case_path(mine)}photo/{foreign}/").status_code == 404


def test_the_reporter_sees_who_looked_and_why(client: Client) -> None:
    case = now_opened(contact=PHONE)
    services.reveal_contact(actor=builders.clerk(), case_id=case.case_id, purpose="约上门时间", now=timezone.now())
    client.get(f"{case_path(case)}?s={case.receipt_secret}")
    text = client.get(case_path(case)).content.decode()
    assert "约上门时间" in text
    assert PHONE not in text


# the desk ------------------------------------------------------------------------------------------------------------


def test_the_desk_is_behind_sign_in(client: Client) -> None:
    case = now_opened()
    for address in ("/desk/", f"/desk/case/{case.case_id}/"):
        assert client.get(address)["Location"].startswith("/sign-in/?next=/desk/")
    assert client.post(f"/desk/case/{case.case_id}/resolve/", {"reply": "x"}).status_code == 302
    assert queries.case_head(case.case_id).state == "opened"


def test_an_account_without_a_post_is_told_so(client: Client) -> None:
    client.force_login(Account.objects.create_account(login="nobody", password="p", name="某人"))
    assert client.get("/desk/").status_code == 403


def test_other_organisations_cases_are_not_there() -> None:
    case = now_opened()
    stranger = official("330205-elsewhere")
    assert checkcode.show(case.case_code) not in stranger.get("/desk/").content.decode()
    for part in ("", "resolve/", "close/", "reveal/"):
        address = f"/desk/case/{case.case_id}/{part}"
        answer = stranger.post(address, {"reply": "x", "purpose": "x"}) if part else stranger.get(address)
        assert answer.status_code == 404
    assert queries.case_head(case.case_id).state == "opened"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("state=opened", 2),
        ("category=noise", 1),
        ("q=喇叭", 1),
        ("q=%00", 3),
        ("state=made-up", 3),
        (f"place={builders.OTHER_COMMUNITY}", 1),
    ],
)
def test_the_list_is_filtered(window: Client, query: str, count: int) -> None:
    now_opened()
    now_opened(category="noise", words="喇叭太响")
    builders.resolved(
        now=timezone.now(),
        place=services.PlaceChoice(community_code=builders.OTHER_COMMUNITY, source="community"),
    )
    page = window.get(f"/desk/?{query}").content.decode()
    assert page.count('href="/desk/case/') == count


def test_a_page_that_was_made_up_is_refused(window: Client) -> None:
    assert window.get("/desk/?page=nonsense").status_code == 422


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=2026-03-09&until=2026-03-01", "The first day is after the last one"),
        ("since=abc", "“abc” is no day"),
        ("until=2026-02-30", "“2026-02-30” is no day"),
        ("since=2026-03-01&until=2026-03-01", ""),
    ],
)
def test_days_that_cannot_be_are_told(query: str, sentence: str) -> None:
    text = official("330205-centre").get(f"/desk/?{query}", headers={"accept-language": "en"}).content.decode()
    assert (sentence in text) if sentence else ("alert-warning" not in text)


@pytest.mark.parametrize("rows", [1, 55])
@pytest.mark.parametrize("code", ["330205-centre", "330205-urban"])
def test_the_list_takes_at_most_ten_statements_whatever_the_rows(code: str, rows: int) -> None:
    browser = official(code)
    for _number in range(rows):
        now_opened(contact=PHONE, actor=builders.handler(code), channel="department")
    browser.get("/desk/")
    with CaptureQueriesContext(connection) as seen:
        page = browser.get("/desk/").content.decode()
    assert len(seen.captured_queries) <= 10, [query["sql"] for query in seen.captured_queries]
    assert page.count('href="/desk/case/') == min(rows, queries.PAGE)


def test_a_case_takes_at_most_twenty_two_statements(window: Client) -> None:
    case = now_opened(contact=PHONE, photos=[builders.photo()])
    window.get(f"/desk/case/{case.case_id}/")
    with CaptureQueriesContext(connection) as seen:
        assert window.get(f"/desk/case/{case.case_id}/").status_code == 200
    assert len(seen.captured_queries) <= 22, [query["sql"] for query in seen.captured_queries]


def test_a_case_is_resolved_and_closed(window: Client) -> None:
    case = now_opened()
    address = f"/desk/case/{case.case_id}/"
    empty = window.post(f"{address}resolve/", {"reply": " "})
    assert empty.status_code == 422
    assert b'id="reply-error"' in empty.content
    assert "请写明答复" in empty.content.decode()
    assert window.post(f"{address}close/").status_code == 409
    assert window.post(f"{address}resolve/", {"reply": "灯已换好。"}).status_code == 302
    assert "灯已换好。" in window.get(address).content.decode()
    assert window.post(f"{address}close/").status_code == 302
    assert queries.case_head(case.case_id).state == "closed"


def test_a_reply_to_a_case_that_was_withdrawn_meanwhile_is_kept(window: Client) -> None:
    case = now_opened()
    services.withdraw_case(actor=builders.resident(), case_id=case.case_id, now=timezone.now())
    answer = window.post(f"/desk/case/{case.case_id}/resolve/", {"reply": "灯已换好。"})
    assert answer.status_code == 409
    assert "灯已换好。" in answer.content.decode()


def test_an_answer_without_its_token_is_kept() -> None:
    case, window = now_opened(), official(rules.centre_code())
    window.handler.enforce_csrf_checks = True
    address = f"/desk/case/{case.case_id}/"
    answer = window.post(f"{address}resolve/", {"reply": "灯已换好。"})
    assert (answer.status_code, "灯已换好。" in answer.content.decode()) == (403, True)
    assert window.get(f"{address}resolve/")["Location"] == address


def test_a_contact_is_shown_for_a_reason_and_never_otherwise(window: Client) -> None:
    case = now_opened(contact=PHONE)
    address = f"/desk/case/{case.case_id}/"
    assert PHONE not in window.get(address).content.decode()
    without = window.post(f"{address}reveal/", {"purpose": " "})
    assert without.status_code == 422
    assert PHONE not in without.content.decode()
    shown = window.post(f"{address}reveal/", {"purpose": "约上门时间"})
    assert PHONE in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert PHONE not in window.get(address).content.decode()
    looks = [item for item in queries.timeline(case.case_id) if item.kind == "ledger.personal-data-read"]
    assert [look.purpose for look in looks] == ["约上门时间"]


def test_a_gone_photo_is_not_found(window: Client) -> None:
    assert window.get(f"/desk/photo/{uuid.uuid4()}/").status_code == 404


# signing in ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/desk/?state=opened", "/desk/?state=opened"),
        ("https://elsewhere.invalid/", "/desk/"),
        ("//elsewhere.invalid", "/desk/"),
        ("javascript:x", "/desk/"),
    ],
)
def test_sign_in_leads_only_to_pages_of_this_house(client: Client, asked: str, led: str) -> None:
    Account.objects.create_account(login="who", password="right", name="某人")
    answer = client.post("/sign-in/", {"login": "who", "password": "right", "next": asked})
    assert answer["Location"] == led


def test_five_wrong_passwords_lock_the_name() -> None:
    Account.objects.create_account(login="who", password="right", name="某人")
    for number in range(5):
        wrong = Client(REMOTE_ADDR=f"10.0.0.{number}").post("/sign-in/", {"login": "who", "password": "x"})
        assert wrong.status_code == 422
    answer = Client(REMOTE_ADDR="10.0.1.1").post("/sign-in/", {"login": "who", "password": "right"})
    assert answer.status_code == 429


def test_one_who_forgot_the_password_locks_no_colleague_behind_the_same_address() -> None:
    for login in ("who", "other"):
        Account.objects.create_account(login=login, password="right", name="某人")
    office = Client(REMOTE_ADDR="10.0.2.1")
    statuses = [office.post("/sign-in/", {"login": "who", "password": "x"}).status_code for _try in range(6)]
    assert statuses == [422] * 5 + [429]
    assert office.post("/sign-in/", {"login": "other", "password": "right"}).status_code == 302


@pytest.mark.parametrize("login", ["", "\x00", "x" * 500])
def test_a_strange_name_is_simply_wrong(client: Client, login: str) -> None:
    assert client.post("/sign-in/", {"login": login, "password": "x"}).status_code == 422


def test_sign_out_needs_a_form(client: Client) -> None:
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
