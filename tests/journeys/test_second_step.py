"""The second step of sign-in: turned on with an app's code, asked for after the password, each code good once, guessing locks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from pianqu.composition.signing import factors, stages
from pianqu.composition.signing.adapter import Adapter
from pianqu.foundation.errors import Refused
from pianqu.foundation.models import Account, SignIn
from pianqu.rooms.directory import services
from pianqu.rooms.directory.tests.builders import CENTRE, SYSTEM, small_district

pytestmark = pytest.mark.django_db
GOOD = "三月的风吹过江北 2026"
PAGE, SECOND = "/desk/account/second-step/", "/sign-in/second/"


@pytest.fixture
def account() -> Account:
    small_district()
    made = Account.objects.create_account(login="one", password=GOOD, name="某人")
    services.appoint(
        actor=SYSTEM,
        account_id=made.id,
        organisation_code=CENTRE,
        kind="leader",
        title="值班领导",
        now=timezone.now(),
    )
    return made


def shown(secret: str, at: datetime) -> str:
    """What an app shows at that moment."""
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30))


def secret_of(account: Account) -> str:
    return Adapter().decrypt(Authenticator.objects.get(user=account, type="totp").data["secret"])


def password(account: Account, client: Client | None = None) -> Client:
    """The first step."""
    client = client or Client()
    client.post("/sign-in/", {"login": account.login, "password": GOOD, "next": "/desk/overview/"})
    return client


def turn_on(account: Account, at: datetime) -> tuple[str, ...]:
    secret = factors.draw_secret()
    return factors.turn_on(account=account, secret=secret, code=shown(secret, at), now=at)


@pytest.fixture
def later() -> Callable[[int], datetime]:
    """Moments after one that is not at the end of its half minute."""
    start = datetime.fromtimestamp(int(timezone.now().timestamp()) // 30 * 30 + 5, tz=timezone.get_current_timezone())
    return lambda seconds: start + timedelta(seconds=seconds)


def test_on_with_the_apps_code_and_off_with_the_password(account: Account) -> None:
    client, elsewhere = password(account), password(account)
    first = client.get(PAGE)
    secret = first.context["secret"].replace(" ", "")
    assert "<svg" in first.content.decode() and client.get(PAGE).context["secret"].replace(" ", "") == secret
    code = shown(secret, timezone.now())
    answer = client.post(PAGE, {"step": "on", "password": GOOD, "code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 200 and len(set(answer.context["codes"])) == 10
    assert elsewhere.get("/desk/").status_code == 302 and client.get("/desk/").status_code == 200
    assert "10" in client.get("/desk/account/").content.decode()
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored and not any(one in stored for one in answer.context["codes"])
    again = client.post(PAGE, {"step": "codes", "password": GOOD})
    assert set(again.context["codes"]).isdisjoint(answer.context["codes"])
    assert client.post(PAGE, {"step": "off", "password": GOOD}).status_code == 302
    assert not Authenticator.objects.exists()
    assert password(account).get("/desk/").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"code": "000000x"}, {"code": ""}, {"code": "１２３"}, {"code": "9" * 900}]
)
def test_what_is_wrong_leaves_it_off(account: Account, wrong: dict[str, str]) -> None:
    client = password(account)
    secret = client.get(PAGE).context["secret"].replace(" ", "")
    form = {"step": "on", "password": GOOD, "code": shown(secret, timezone.now())}
    answer = client.post(PAGE, {**form, **wrong})
    assert answer.status_code == 422 and answer.context["secret"].replace(" ", "") == secret
    assert not Authenticator.objects.exists() and GOOD not in answer.content.decode()


def test_it_cannot_be_turned_on_twice_nor_recovered_while_off(
    account: Account, later: Callable[[int], datetime]
) -> None:
    with pytest.raises(Refused):
        factors.fresh_codes(account)
    turn_on(account, later(0))
    with pytest.raises(Refused):
        turn_on(account, later(60))


def test_turning_it_off_asks_for_the_password_and_locks(account: Account) -> None:
    client = password(account)
    turn_on(account, timezone.now())
    for _try in range(5):
        assert client.post(PAGE, {"step": "off", "password": "x"}).status_code == 422
    assert client.post(PAGE, {"step": "off", "password": GOOD}).status_code == 429
    assert factors.second_step(account) is not None


def test_a_stranger_sees_no_page(account: Account) -> None:
    assert Client().get(PAGE)["Location"].startswith("/sign-in/")
    assert Client().get(SECOND)["Location"] == "/sign-in/"
    assert Client().post(SECOND, {"code": "000000"})["Location"] == "/sign-in/"


# signing in ----------------------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(account: Account, later: Callable[[int], datetime]) -> None:
    turn_on(account, later(-90))
    with patch.object(timezone, "now", lambda: later(0)):
        client = password(account)
        assert client.get("/desk/").status_code == 302 and not SignIn.objects.exists()
        assert client.get(SECOND).status_code == 200
        answer = client.post(SECOND, {"code": shown(secret_of(account), later(0))})
    assert answer["Location"] == "/desk/overview/" and client.get("/desk/").status_code == 200
    assert SignIn.objects.filter(account=account).count() == 1


def test_a_code_is_good_once_for_every_process(account: Account, later: Callable[[int], datetime]) -> None:
    turn_on(account, later(-90))
    secret = secret_of(account)
    at = later(0)
    assert factors.accept(account=account, code=shown(secret, at), now=at)
    for again in (0, 10, 20, 30):
        assert not factors.accept(account=account, code=shown(secret, at), now=later(again))
    assert not factors.accept(account=account, code=shown(secret, later(-30)), now=at), "an earlier one is void"
    assert factors.accept(account=account, code=shown(secret, later(30)), now=at), "a phone half a minute ahead"
    assert not factors.accept(account=account, code=shown(secret, later(120)), now=later(30)), "too far ahead"


def test_the_code_that_turned_it_on_signs_nobody_in(account: Account, later: Callable[[int], datetime]) -> None:
    turn_on(account, later(0))
    assert not factors.accept(account=account, code=shown(secret_of(account), later(0)), now=later(10))


def test_a_recovery_code_lets_in_once(account: Account) -> None:
    codes = turn_on(account, timezone.now())
    typed = f"{codes[3][:4]}-{codes[3][4:]}"
    assert password(account).post(SECOND, {"code": typed})["Location"] == "/desk/overview/"
    again = password(account)
    assert again.post(SECOND, {"code": typed}).status_code == 422 and again.get("/desk/").status_code == 302
    step = factors.second_step(account)
    assert step is not None and step.codes_left == 9


def test_guessing_codes_locks_the_name_and_a_right_password_forgives_nothing(account: Account) -> None:
    turn_on(account, timezone.now() - timedelta(minutes=5))
    for _try in range(4):
        client = password(account)
        assert client.post(SECOND, {"code": "000000"}).status_code == 422
    assert client.post(SECOND, {"code": "99999999"}).status_code == 422
    assert client.post(SECOND, {"code": shown(secret_of(account), timezone.now())}).status_code == 429
    assert Client(REMOTE_ADDR="10.9.9.9").post("/sign-in/", {"login": "one", "password": GOOD}).status_code == 429


def test_the_way_in_ends_after_ten_minutes_and_with_a_new_password(
    account: Account, later: Callable[[int], datetime]
) -> None:
    turn_on(account, later(-90))
    slow, changed = password(account), password(account)
    with patch.object(
        timezone, "now", lambda: timezone.datetime.now(tz=timezone.get_current_timezone()) + stages.LASTS
    ):
        assert slow.get(SECOND)["Location"] == "/sign-in/"
    account.set_password("春水碧于天画船听雨眠")
    account.save()
    assert changed.post(SECOND, {"code": shown(secret_of(account), timezone.now())})["Location"] == "/sign-in/"
    Account.objects.update(is_active=False)
    assert slow.get(SECOND)["Location"] == "/sign-in/"


def test_the_session_gets_a_new_key_at_each_step(account: Account) -> None:
    codes = turn_on(account, timezone.now())
    client = Client()
    client.session["x"] = 1
    client.get("/sign-in/")
    password(account, client)
    between = client.cookies["sessionid"].value
    client.post(SECOND, {"code": codes[0]})
    assert client.cookies["sessionid"].value != between


def test_one_statement_tells_whether_it_is_on(
    account: Account, django_assert_num_queries: Callable[[int], object]
) -> None:
    turn_on(account, timezone.now())
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert factors.second_step(account) is not None
