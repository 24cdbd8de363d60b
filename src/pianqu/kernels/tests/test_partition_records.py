"""Questions and answers as they are written down: the same problem after reading, numbers that people know, cells by groups."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.overlay.layers import Layer, Shape
from pianqu.kernels.overlay.touching import bridges, touching
from pianqu.kernels.partition.asking import questions, search, solve, solving
from pianqu.kernels.partition.problem import Units
from pianqu.kernels.partition.records import (
    as_record,
    figures_told,
    numbered_like,
    read_task,
    read_units,
    task_of,
    weighed,
    write_units,
)

SIDE = 6
COUNT = SIDE * SIDE
SETTINGS: dict[str, Any] = {
    "balance": "households",
    "tolerance": 800,
    "cut": 1,
    "split": 5,
    "moved": 0,
    "systems": {"street": 3},
    "seed": 7,
    "sweeps": 40,
    "tries": 2,
}


def content(**changes: Any) -> str:
    told = {
        "level": "clusters",
        "keys": [f"k{n}" for n in range(COUNT)],
        "names": [f"{n}号" for n in range(COUNT)],
        "population": [None if n == 3 else 900 for n in range(COUNT)],
        "households": [300 + n * 37 % 90 for n in range(COUNT)],
        "workload": [n % 5 for n in range(COUNT)],
        "borders": [[n, n + 1, 300] for n in range(COUNT) if (n + 1) % SIDE]
        + [[n, n + SIDE, 300] for n in range(COUNT - SIDE)],
        "bridges": [],
        "systems": [
            {"name": "street", "label": "街道", "areas": ["东" if n % SIDE < 3 else "西" for n in range(COUNT)]}
        ],
        "home": [n // (2 * SIDE) for n in range(COUNT)],
        "now": [{"code": f"c{n}", "name": f"片区{n}", "centre_code": ""} for n in range(3)],
        "sources": {"groups": ["甲", "乙"]},
    }
    return write_units({**told, **changes})


def question(**changes: Any) -> dict[str, Any]:
    known = [n // (2 * SIDE) for n in range(COUNT)]
    return {
        "clusters": 3,
        "settings": SETTINGS,
        "locks": [],
        "centres": [-1, -1, -1],
        "known": known,
        **changes,
    }


def test_written_units_are_read_as_they_were() -> None:
    written = read_units(content())
    assert len(written) == COUNT
    assert written.labels == {"street": "街道"}
    assert weighed(written, SETTINGS).systems[0].weight == 3
    assert weighed(written, SETTINGS).population[3] == 0
    assert weighed(written, {"balance": "population"}).population[3] is None
    assert read_units(content()).digest == written.digest != read_units(content(workload=[0] * COUNT)).digest


@pytest.mark.parametrize("wrong", ["{}", "[]", '{"v":2}', "null", content(keys=["k0"]), content(borders=[[1]])])
def test_what_is_no_such_file_is_a_value_error(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"v1|version|lengths|unpack|values"):
        read_units(wrong)


def test_a_task_is_read_as_it_was_written() -> None:
    task = task_of(SETTINGS, clusters=3, locks={4: 1}, centres=[0, -1, 30])
    assert read_task(as_record(task)) == task
    assert task.locks == {4: 1, 0: 0, 30: 2}
    assert task_of(SETTINGS, clusters=3, locks={0: 1}, centres=[0, -1, -1]).locks == {0: 1}


def test_clusters_bear_the_numbers_of_those_with_which_they_share_most() -> None:
    units = Units(population=(1,) * 6, households=(5, 4, 3, 9, 1, 1))
    part, known = (2, 2, 0, 1, 1, 0), (0, 0, 1, 2, 2, 1)
    assert numbered_like(units, part, known, {}, 3) == known
    assert numbered_like(units, part, known, {0: 1}, 3)[0] == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3), st.integers(0, 50)), min_size=1, max_size=12))
def test_no_other_numbering_shares_more(rows: list[tuple[int, int, int]]) -> None:
    part, known, who = zip(*rows, strict=True)
    units = Units(population=(1,) * len(rows), households=who)

    def shared(numbers: tuple[int, ...]) -> int:
        return sum(count for new, old, count in zip(numbers, known, who, strict=True) if new == old)

    found = numbered_like(units, part, known, {}, 4)
    assert shared(found) == max(shared(tuple(order[one] for one in part)) for order in permutations(range(4)))


def test_figures_leave_out_who_belongs_to_nobody_yet() -> None:
    written = read_units(content())
    part = [-1, *(n // (2 * SIDE) for n in range(1, COUNT))]
    task = task_of(SETTINGS, clusters=3, locks={}, centres=[])
    found = figures_told(written.units, task, part)
    assert sum(found.loads) == sum(written.units.households[1:])


def test_the_same_question_has_the_same_answer_with_compiled_code_or_without() -> None:
    written = read_units(content())
    answers = []
    for plain in (True, None):
        running = solving(written, question(), plain=plain)
        try:
            while True:
                next(running)
        except StopIteration as end:
            answers.append(end.value)
    assert answers[0] == answers[1]
    assert answers[0].is_plan


def test_a_search_that_is_stopped_is_stopped_again_at_the_same_place() -> None:
    written = read_units(content())
    first, second = (solve(written, question(), stop_after=9) for _ in range(2))
    assert first == second
    assert first.steps == 9
    whole = solve(written, question())
    assert whole.steps == 0


def test_messages_tell_how_far_each_question_is_and_then_its_answer() -> None:
    written = read_units(content())
    asked = questions(written, question(), 3)
    assert len({str(one["settings"]) for one in asked}) == 3
    heard = list(search({"units": content(), "questions": list(enumerate(asked))}))
    answers = [one for one in heard if "part" in one]
    assert [one["number"] for one in answers] == [0, 1, 2]
    assert all(one["done"] <= one["of"] for one in heard if "done" in one)
    assert answers[0]["digest"] == solve(written, asked[0]).digest


def test_cells_stay_in_their_group_and_small_groups_are_one() -> None:
    groups = [0] * 33 + [1] * 3
    households = [40] * 33 + [20] * 3
    borders = [
        [one, other, 50] for one, other, _metres in read_units(content()).units.borders if groups[one] == groups[other]
    ]
    text = content(
        level="cells", groups=groups, households=households, borders=borders, bridges=[[33, 34], [34, 35]], systems=[]
    )
    asked = question(settings={**SETTINGS, "least": 200, "most": 400, "by_length": True, "systems": {}})
    found = solve(read_units(text), asked)
    assert found.figures
    assert not set(found.part[:33]) & set(found.part[33:])
    assert len(set(found.part[33:])) == 1
    assert sorted(set(found.part)) == list(range(len(found.figures.loads)))
    assert all(200 <= load <= 400 for load in found.figures.loads if load != 60)
    assert "乙" in str(found.sentences)


def test_neighbours_share_a_border_and_not_a_corner() -> None:
    boxes = [shapely.box(x, y, x + 100, y + 100) for y in (0, 100) for x in (0, 100.4)]
    layer = Layer("units", [Shape(str(n), box) for n, box in enumerate(boxes)])
    pairs, _found = touching(layer)
    assert [(one, other) for one, other, _metres in pairs] == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_bridges_join_everything_by_the_shortest_ways() -> None:
    boxes = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 50, 75, 200)]
    found = bridges(5, [(0, 1, 10)], np.array(boxes, dtype=object))
    assert found == ((2, 3), (1, 2), (3, 4))
    assert bridges(2, [(0, 1, 1)], np.array(boxes[:2], dtype=object)) == ()
