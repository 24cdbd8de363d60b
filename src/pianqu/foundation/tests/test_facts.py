"""Facts are promises: they survive versions."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from pianqu.foundation.facts import Fact, revive


@dataclass(frozen=True, kw_only=True)
class Rained(Fact):
    kind: ClassVar[str] = "tests.rained"
    drops: int
    place: str = "somewhere"


def test_a_fact_comes_back_as_it_was() -> None:
    fact = Rained(subject="sky:1", organisation_code="330205", drops=3, place="慈城")
    assert revive("tests.rained", subject="sky:1", organisation_code="330205", own=fact.own_fields()) == fact


def test_older_and_newer_versions_are_read() -> None:
    own = {"drops": 2, "added_by_a_later_version": True}
    assert revive("tests.rained", subject="s", organisation_code="o", own=own) == Rained(
        subject="s", organisation_code="o", drops=2
    )


def test_a_retired_kind_is_no_error() -> None:
    assert revive("tests.retired", subject="s", organisation_code="o", own={}) is None


def test_two_facts_cannot_share_a_name() -> None:
    with pytest.raises(TypeError, match=r"tests\.rained"):

        @dataclass(frozen=True, kw_only=True)
        class RainedAgain(Fact):
            kind: ClassVar[str] = "tests.rained"
