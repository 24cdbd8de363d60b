"""A resident known by a code: their own list, matters from before, the identity service, numbers that change hands, leaving."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.composition.demo.people import LOGINS
from pianqu.composition.env import read
from pianqu.composition.settings import identity_services
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.models import Case, Contact
from pianqu.rooms.casework.services import open_case
from pianqu.rooms.casework.services.parts import PlaceChoice
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.models import Enrolment, Resident
from pianqu.rooms.directory.services.confirming import CHANGES_HANDS
from pianqu.rooms.directory.tests.builders import CENTRE, WAITAN_1, official, small_district
from pianqu.rooms.directory.tests.test_residents import NAME, NUMBER, SECOND
from pianqu.rooms.ledger import queries as ledger
from tests.journeys.identity import CLIENT, SECRET, Provider, provider

pytestmark = pytest.mark.django_db
PHONE, MAIL = "13800001234", "wang@example.cn"
WORDS = "三楼漏水，漏到二楼了。"


@pytest.fixture(autouse=True)
def district(tmp_path: Path) -> Iterator[Path]:
    """A house whose messages go to the test's own outbox."""
    small_district()
    with override_settings(INSTALLATION=replace(installation(), data=tmp_path)):
        installation.cache_clear()
        yield tmp_path
    installation.cache_clear()


def browser() -> Client:
    return Client(HTTP_HOST="localhost", headers={"accept-language": "en"})


def page(client: Client) -> str:
    return client.get("/me/").content.decode()


def say(client: Client, step: str, **typed: str) -> HttpResponse:
    answer: Any = client.post("/me/", {"step": step, **typed})
    return answer


def sent(folder: Path) -> dict[str, Any]:
    """The latest message in the outbox."""
    latest = max((folder / "outbox").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    message: dict[str, Any] = json.loads(latest.read_text(encoding="utf-8"))
    return message


def known(folder: Path, contact: str = PHONE) -> Client:
    client = browser()
    assert say(client, "ask", contact=contact).status_code == 302
    message = sent(folder)
    found = re.search(r"\d{6}", json.dumps(message))
    assert found
    assert say(client, "confirm", code=found.group()).status_code == 302
    return client


def reported(client: Client, contact: str = PHONE) -> str:
    """A matter through the form; answers its code."""
    form = client.get("/report/").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    typed = {"key": key.group(1), "words": WORDS, "category": "water", "contact": contact}
    answer = client.post("/report/", typed)
    assert answer.status_code == 302, answer.content.decode()[-600:]
    return str(answer["Location"]).split("/")[2]


def opened(contact: str = PHONE) -> str:
    """A matter told by telephone before."""
    resident = Actor(kind="resident", organisation_code=CENTRE)
    place = PlaceChoice(source="none")
    made = open_case(actor=resident, words=WORDS, category="water", place=place, contact=contact, now=timezone.now())
    return checkcode.show(made.case_code)


# getting known -------------------------------------------------------------------------------------------------------


def test_a_code_by_text_message_and_by_mail(district: Path) -> None:
    client = browser()
    say(client, "ask", contact="138 0000 1234")
    message = sent(district)
    assert message["channel"] == "sms" and message["template"] == "one-time-code" and PHONE not in str(message)
    assert "138********" in page(client) and message["params"]["code"] not in page(client)
    say(client, "confirm", code=message["params"]["code"])
    assert "Contact confirmed" in page(client)
    assert "w***@example.cn" in page(known(district, MAIL))


def test_the_contact_lies_sealed_in_the_session(district: Path) -> None:
    client = browser()
    say(client, "ask", contact=PHONE)
    assert PHONE not in json.dumps(dict(client.session))


def test_a_wrong_code_is_refused_and_the_page_stays(district: Path) -> None:
    client = browser()
    say(client, "ask", contact=PHONE)
    answer = say(client, "confirm", code="12345")
    assert answer.status_code == 409 and "not the code" in answer.content.decode()
    assert 'name="code"' in page(client) and not Resident.objects.exists()
    say(client, "other")
    assert 'name="contact"' in page(client)
    assert say(client, "confirm", code="123456").status_code == 404


@pytest.mark.parametrize("typed", ["", "12", "nobody@", "张三", "1" * 500])
def test_what_is_no_contact(typed: str, district: Path) -> None:
    answer = say(browser(), "ask", contact=typed)
    assert answer.status_code == 422 and "telephone number" in answer.content.decode()


def test_too_many_codes(district: Path) -> None:
    client = browser()
    for _each in range(5):
        assert say(client, "ask", contact=PHONE).status_code == 302
    assert say(client, "ask", contact=PHONE).status_code == 429


def test_a_gateway_that_is_down(district: Path) -> None:
    with override_settings(INSTALLATION=replace(installation(), sms_url="http://127.0.0.1:9/none")):
        installation.cache_clear()
        answer = say(browser(), "ask", contact=PHONE)
    assert answer.status_code == 503 and "could not be sent" in answer.content.decode()


def test_only_the_demo_shows_the_code(district: Path) -> None:
    (district / LOGINS).write_text("[]")
    client = browser()
    say(client, "ask", contact=PHONE)
    code = sent(district)["params"]["code"]
    assert code in page(client)
    with override_settings(INSTALLATION=replace(installation(), sms_url="http://127.0.0.1:9/none")):
        installation.cache_clear()
        say(client, "ask", contact=MAIL)
        assert re.search(r'class="mono">\d{6}<', page(client))  # mail has no way out here


def test_nothing_without_a_true_pass(district: Path) -> None:
    client = known(district)
    stolen = client.cookies["pianqu-me"].value
    other = browser()
    other.cookies["pianqu-me"] = stolen[:-2] + "xx"
    assert "Contact confirmed" not in page(other)
    other.cookies["pianqu-me"] = stolen
    assert "Contact confirmed" in page(other)
    say(client, "everywhere")
    assert "Contact confirmed" not in page(other) and "Contact confirmed" not in page(client)


# their matters -------------------------------------------------------------------------------------------------------


def test_what_is_reported_on_this_device_stands_in_the_list(district: Path) -> None:
    client = known(district)
    assert f'value="{PHONE}"' in client.get("/report/").content.decode()
    code = reported(client)
    assert code in page(client)
    contact = Contact.objects.get()
    assert contact.identity == "confirmed" and contact.resident_id == Resident.objects.get().id
    fact = ledger.history(f"case:{contact.case_id}")[0].fact
    assert fact and fact["identity"] == "confirmed" and str(contact.resident_id) not in str(fact)
    again = known(district)
    answer = again.get(f"/me/matters/{code}/")
    assert answer.status_code == 302 and WORDS in again.get(answer["Location"]).content.decode()


def test_with_another_contact_or_none_it_is_nobodys(district: Path) -> None:
    client = known(district)
    codes = [reported(client, ""), reported(client, "13900009999")]
    assert not any(code in page(client) for code in codes)
    assert set(Contact.objects.values_list("resident_id", "identity")) == {(None, "")}


def test_a_matter_told_by_telephone_is_added_by_its_code(district: Path) -> None:
    code, client = opened(), known(district)
    assert code not in page(client)
    assert say(client, "add", code=code.lower()).status_code == 302
    assert code in page(client)
    case = Case.objects.get()
    kinds = [item.kind for item in ledger.history(f"case:{case.id}")]
    say(client, "add", code=code)
    assert kinds[-1] == "casework.reporter-known" and len(ledger.history(f"case:{case.id}")) == len(kinds)


def test_a_matter_of_somebody_else_is_not(district: Path) -> None:
    client = known(district)
    same_tail = opened("13911111234")
    for code in (opened("13900005678"), same_tail, "8K3F-27QJ"):
        answer = say(client, "add", code=code)
        assert answer.status_code == 404 and code not in page(client)
    assert not Contact.objects.exclude(resident_id=None).exists()


def test_another_resident_opens_nothing_of_it(district: Path) -> None:
    code = reported(known(district))
    other = known(district, MAIL)
    answer = other.get(f"/me/matters/{code}/")
    assert answer["Location"].startswith("/follow/")
    assert other.get(f"/case/{code}/").status_code == 302


def test_statements_do_not_grow_with_the_list(district: Path) -> None:
    client = known(district)
    page(client)
    counts = []
    for _more in range(2):
        reported(client)
        with CaptureQueriesContext(connection) as asked:
            page(client)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 8


@pytest.mark.django_db(transaction=True)
def test_every_step_leaves_its_record_when_it_is_committed(district: Path) -> None:
    client = known(district)
    reported(client)
    client = known(district)
    assert say(client, "add", code=opened()).status_code == 302
    one, other = window("one"), window("other")
    typed = {"name": NAME, "number": NUMBER, "area": WAITAN_1, "contact": PHONE}
    for name, by, given in (
        ("enrol", one, typed),
        ("drop-enrolment", one, {}),
        ("enrol", one, typed),
        ("finish-enrolment", other, {"number": NUMBER}),
    ):
        row = {"id": str(waiting.id)} if (waiting := Enrolment.objects.first()) else {}
        assert by.post(f"/desk/directory/{name}/", given | row).status_code == 302, name
    assert "two officers" in page(client)
    assert say(client, "everywhere").status_code == 302
    client = known(district)
    assert say(client, "leave", sure="1").status_code == 302 and not Resident.objects.exists()


def window(login: str) -> Client:
    client = browser()
    official(login, CENTRE, "window")
    client.force_login(Account.objects.get(login=login))
    return client


# the identity service ------------------------------------------------------------------------------------------------


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider() as made:
        given = {"PIANQU_PROOF_ISSUER": made.url, "PIANQU_PROOF_CLIENT": CLIENT, "PIANQU_PROOF_SECRET": SECRET}
        apps = identity_services(read({**given, "PIANQU_PROOF_NAME": "城市认证"}))
        made.claims = {"name": NAME, "id_number": NUMBER}
        with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": apps}}):
            yield made


def prove(service: Provider, client: Client) -> Any:
    off = client.get("/me/prove/")
    assert off["Location"].startswith(service.url), off["Location"]
    _status, _body, back = service.asked(off["Location"].removeprefix(service.url))
    return client.get(back.removeprefix("http://localhost"))


def test_the_service_says_who_it_is(service: Provider, district: Path) -> None:
    client = known(district)
    assert "城市认证" in page(client)
    assert prove(service, client)["Location"] == "/me/?done=proven"
    html = page(client)
    assert NAME in html and "by the identity service" in html and NUMBER not in html
    reported(client)
    assert Contact.objects.get().identity == "proven"


@pytest.mark.parametrize(
    "claims", [{"id_number": None}, {"id_number": "123"}, {"name": None}, {"name": ""}, {"aud": "another"}, {"exp": 1}]
)
def test_a_service_that_does_not_say_it(service: Provider, district: Path, claims: dict[str, Any]) -> None:
    client = known(district)
    service.claims |= claims
    assert prove(service, client).status_code == 422
    assert Resident.objects.get().proven_at is None


def test_the_service_knows_no_colleague_and_the_colleagues_service_no_resident(
    service: Provider, district: Path
) -> None:
    assert browser().get("/me/prove/")["Location"] == "/me/"
    assert browser().get("/sign-in/outside/").status_code == 404
    client = known(district)
    answer = prove(service, client)
    assert answer.status_code == 302 and client.get("/desk/").status_code == 302


def test_the_service_vouches_for_the_number_of_another(service: Provider, district: Path) -> None:
    first, second = official("first", CENTRE, "window"), official("second", CENTRE, "window")
    now = timezone.now()
    one = directory.begin_enrolment(actor=first, name="李四", number=SECOND, area_code=WAITAN_1, contact=PHONE, now=now)
    directory.finish_enrolment(actor=second, enrolment_id=one, number=SECOND, now=now)
    answer = prove(service, known(district))
    assert answer.status_code == 409 and "another proven person" in answer.content.decode()


# changing hands, leaving ---------------------------------------------------------------------------------------------


def test_after_long_nothing_is_shown_before_the_number_is_given(service: Provider, district: Path) -> None:
    client = known(district)
    code = reported(client)
    prove(service, client)
    Resident.objects.update(used_at=timezone.now() - CHANGES_HANDS - timedelta(days=1))
    client = known(district)
    html = page(client)
    assert "Is it still you?" in html and code not in html and NAME not in html
    assert client.get(f"/me/matters/{code}/")["Location"].startswith("/follow/")
    assert f'value="{PHONE}"' not in client.get("/report/").content.decode()
    assert say(client, "add", code=code).status_code == 422
    assert say(client, "leave", sure="1").status_code == 422
    assert say(client, "number", number=SECOND).status_code == 409
    assert say(client, "number", number="1").status_code == 422
    assert say(client, "number", number=NUMBER).status_code == 302
    assert code in page(client)


def test_the_new_holder_of_a_number_sees_nothing_of_the_former(service: Provider, district: Path) -> None:
    client = known(district)
    code = reported(client)
    prove(service, client)
    Resident.objects.update(used_at=timezone.now() - CHANGES_HANDS - timedelta(days=1))
    client = known(district)
    assert say(client, "not-me").status_code == 302
    html = page(known(district))
    assert code not in html and "Contact confirmed" in html and Resident.objects.count() == 2


def test_leaving_takes_the_link_along_and_keeps_the_matter(district: Path) -> None:
    client = known(district)
    code = reported(client)
    assert say(client, "leave").status_code == 422
    assert say(client, "leave", sure="1").status_code == 302
    assert not Resident.objects.exists() and "Contact confirmed" not in page(client)
    assert Contact.objects.get().resident_id is None
    case = Case.objects.get()
    assert checkcode.show(case.code) == code and casework.resident_case(case.id).words == WORDS
