"""Who may do what: the whole table of rules and actors."""

from dataclasses import replace

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.tests.builders import clerk, handler, importer, resident

RECEIVER = "330205-urban"
WHO: dict[str, Actor] = {
    "resident": resident(),
    "receiver": handler(RECEIVER),
    "other": handler("330205-market"),
    "centre": clerk(),
    "job": importer(),
    "auditor": replace(handler(RECEIVER), reads_only=True),
    "centre's auditor": replace(clerk(), reads_only=True),
}
MAY: dict[str, set[str]] = {
    "resolve": {"receiver", "centre", "job"},
    "close": {"receiver", "centre", "job"},
    "extend": {"resident", "receiver", "centre", "job"},
    "withdraw": {"resident", "receiver", "centre", "job"},
    "reveal_contact": {"receiver", "centre"},
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("verb", MAY)
def test_who_may_do_what_with_a_case(verb: str, who: str) -> None:
    allowed = who in MAY[verb]
    assert getattr(rules, f"may_{verb}")(WHO[who], RECEIVER) is allowed
    check = getattr(rules, f"check_may_{verb}", None)
    if check and allowed:
        check(WHO[who], RECEIVER)
    elif check:
        with pytest.raises(Forbidden):
            check(WHO[who], RECEIVER)


@pytest.mark.parametrize("who", WHO)
def test_who_may_take_over_what_happened_elsewhere(who: str) -> None:
    assert rules.may_claim(WHO[who]) is (who == "job")
    assert rules.may_add_categories(WHO[who]) is (who in {"centre", "job"})
