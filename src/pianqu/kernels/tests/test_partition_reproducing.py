"""A record that does not belong together is noticed, wherever somebody changed it."""

from collections.abc import Mapping
from typing import Any

import pytest

from pianqu.kernels.partition.asking import solve
from pianqu.kernels.partition.records import digest_of, read_units, write_units
from pianqu.kernels.partition.reproducing import FORMAT, Facts, reproduced

COUNT = 12
TEXT = write_units(
    {
        "level": "clusters",
        "keys": [f"k{n}" for n in range(COUNT)],
        "names": [f"unit {n}" for n in range(COUNT)],
        "population": [None] * COUNT,
        "households": [100 + n for n in range(COUNT)],
        "workload": [0] * COUNT,
        "borders": [[n, n + 1, 50] for n in range(COUNT - 1)],
        "bridges": [],
        "systems": [],
        "home": [n // 6 for n in range(COUNT)],
        "now": [{"code": f"c{n}", "name": f"c{n}", "centre_code": ""} for n in range(2)],
        "sources": {},
    }
)
SETTINGS = {"balance": "households", "tolerance": 2_000, "seed": 3, "sweeps": 20, "tries": 1}
BEGINS = [n // 6 for n in range(COUNT)]
ASKED = {"clusters": 2, "settings": SETTINGS, "locks": [[7, 0]], "centres": [-1, -1], "known": BEGINS}


def record() -> dict[str, Any]:
    found = solve(read_units(TEXT), ASKED)
    part = list(found.part)
    moves = [[n, was, is_] for n, (was, is_) in enumerate(zip(BEGINS, part, strict=True)) if was != is_]
    painted = [*part[:-1], 1 - part[-1]]
    return {
        "format": FORMAT,
        "units_digest": read_units(TEXT).digest,
        "begins": BEGINS,
        "part": painted,
        "plans": [{"id": "p", "entry": "e", "question": ASKED, "steps": 0, "digest": found.digest}],
        "changes": [
            {"number": 1, "kind": "choose", "moves": moves, "option": "p", "digest": found.digest},
            {
                "number": 2,
                "kind": "paint",
                "moves": [[COUNT - 1, part[-1], painted[-1]]],
                "option": "",
                "digest": digest_of(painted),
            },
        ],
    }


def holds(changed: Mapping[str, Any], facts: Facts | None = None) -> bool:
    return all(line.holds for line in reproduced(TEXT, changed, facts))


def test_a_record_that_belongs_together_holds() -> None:
    assert holds(record())


def test_a_chosen_plan_that_the_record_does_not_hold_is_no_persons_change() -> None:
    told = record()
    assert not holds({**told, "plans": []})
    renamed = [{**told["changes"][0], "option": "q"}, told["changes"][1]]
    assert not holds({**told, "changes": renamed})


@pytest.mark.parametrize("move", [[-1, 1, 0], [COUNT, 1, 0], [COUNT - 1, 5, 0]])
def test_a_unit_that_was_not_where_a_change_says_is_noticed(move: list[int]) -> None:
    told = record()
    assert not holds({**told, "changes": [told["changes"][0], {**told["changes"][1], "moves": [move]}]})


def test_a_plan_of_fewer_units_is_none() -> None:
    assert not holds({**record(), "plans": [], "changes": [], "begins": [0], "part": [0]})


def test_an_entry_of_a_computed_plan_that_is_not_in_the_record_is_told() -> None:
    own = {"task_digest": "t", "digest": "d", "units_digest": "u"}
    assert not holds(record(), Facts(entry="another", own=own))
    told = record()
    own = {"task_digest": digest_of(ASKED), "digest": told["plans"][0]["digest"], "units_digest": told["units_digest"]}
    assert holds(told, Facts(entry="e", own=own))
