"""The Python client against a real server, in a thread of its own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from pianqu.foundation.api import RIGHTS
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.testing import reset_database
from pianqu.rooms.casework.tests.builders import COMMUNITY, small_district
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.tests.builders import CENTRE, official
from pianqu_client import Pianqu, Refused, Unreachable


@pytest.fixture
def here(live_server: Any, transactional_db: None) -> Iterator[Pianqu]:
    LIMITS.forget()
    small_district()
    clerk, now = official("clerk", CENTRE, "window"), timezone.now()
    token = directory.issue_token(
        actor=clerk, name="test", rights=tuple(RIGHTS), expires_at=now + timedelta(days=1), now=now
    )
    yield Pianqu(live_server.url, token=token, language="en")
    LIMITS.forget()


def opened(here: Pianqu, words: str = "路灯不亮", **more: Any) -> Any:
    body = {"words": words, "category": "roads", "place": {"community_code": COMMUNITY}}
    return here.call("takeInCase", body=body, **more)


def test_a_program_takes_in_lists_and_accepts(here: Pianqu) -> None:
    assert here.call("whoAmI")["organisation_code"] == CENTRE
    made = [opened(here, f"第 {number} 盏路灯不亮") for number in range(5)]
    assert [row["case_id"] for row in here.every("listCases", size=2)] == [one["case_id"] for one in reversed(made)]
    assert here.call("acceptCase", case_id=made[0]["case_id"], body={"nature": "complaint"})["id"]
    with pytest.raises(Refused) as refused:
        here.call("acceptCase", case_id=made[0]["case_id"], body={"nature": "complaint"})
    assert refused.value.status == 409 and refused.value.code


def test_a_resident_follows_without_a_token(here: Pianqu) -> None:
    stranger = Pianqu(here.url)
    made = stranger.call("report", body={"words": "井盖响", "category": "roads"})
    told = stranger.call("followReport", code=made["code"], receipt_secret=made["receipt_secret"])
    assert told["case"]["words"] == "井盖响"
    with pytest.raises(Refused) as refused:
        stranger.call("listCases")
    assert (refused.value.status, refused.value.code) == (401, "token-missing")


def test_a_broken_connection_takes_nothing_in_twice(here: Pianqu) -> None:
    import urllib.request

    real, tries = urllib.request.urlopen, []

    def broken(request: Any, **given: Any) -> Any:
        answer = real(request, **given)
        if request.method == "POST" and not tries:
            tries.append(answer.read())
            raise ConnectionResetError("the answer was lost")
        return answer

    here.operations()
    with patch("urllib.request.urlopen", broken), patch("time.sleep"):
        made = opened(here)
    assert tries and len(list(here.every("listCases"))) == 1 and made["case_id"].encode() in tries[0]


def test_what_is_not_known_is_said_before_anything_is_sent(here: Pianqu) -> None:
    with pytest.raises(LookupError, match="no operation"):
        here.call("acceptEverything")
    with pytest.raises(LookupError, match="takes no colour"):
        here.call("listCases", colour="red")
    with pytest.raises(LookupError, match="needs case_id"):
        here.call("getCase")
    with pytest.raises(Unreachable), patch("time.sleep"):
        Pianqu("http://127.0.0.1:9").call("whoAmI")


@pytest.fixture(autouse=True)
def _clean(transactional_db: None) -> Iterator[None]:
    yield
    reset_database()
