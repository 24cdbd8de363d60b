"""The forecast of lateness: its schema holds nobody, its weights are the best there are, its figures are what they are called."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels import breach
from pianqu.kernels.breach import Asked, Broken, Model

PLAIN = Asked(state="handled", queue="a", category="roads", hour=9, age=0.3, term=5.0, load=3, lately=0.1)


def made(count: int, *, seed: int = 1) -> tuple[list[Asked], list[bool]]:
    """Matters of which the queue, the age and the load decide by chance whether they are late."""
    dice = random.Random(seed)
    asked, late = [], []
    for _number in range(count):
        one = Asked(
            state=dice.choice(("handled", "waiting")),
            queue=dice.choice("abcd"),
            category=dice.choice(("roads", "noise")),
            hour=dice.randrange(24),
            age=dice.choice(breach.SHARES),
            term=dice.choice((1.0, 5.0, 20.0)),
            load=dice.randrange(60),
            lately=dice.choice((None, 0.1, 0.5)),
        )
        total = {"a": -2.0, "b": -1.0, "c": 0.0, "d": 1.0}[one.queue] + 2 * one.age + 0.02 * one.load - 1
        asked.append(one)
        late.append(dice.random() < 1 / (1 + math.exp(-total)))
    return asked, late


# the schema ----------------------------------------------------------------------------------------------------------


def test_nothing_about_a_person_is_a_feature() -> None:
    """A new field has to be written down here, and looked at by a person."""
    assert breach.FIELDS == ("state", "queue", "category", "hour", "age", "term", "load", "lately")
    fields = {sign.partition("=")[0] for sign in breach.signs(PLAIN)}
    assert fields == {*breach.FIELDS, "queue-age", "category-age"}


# learned -------------------------------------------------------------------------------------------------------------


def loss(
    weights: dict[str, float], base: float, rows: Sequence[tuple[str, ...]], late: Sequence[bool], ridge: float
) -> float:
    whole = 0.0
    for row, was in zip(rows, late, strict=True):
        total = base + sum(weights.get(sign, 0.0) for sign in row)
        whole += math.log1p(math.exp(-total if was else total))
    return whole + ridge / 2 * sum(weight * weight for weight in weights.values())


def test_no_weights_nearby_are_better() -> None:
    """The oracle: the loss is convex, so what no small change betters is the best."""
    asked, late = made(400)
    rows = [breach.signs(one) for one in asked]
    weights, base = breach._weights(rows, late, 2.0)
    best = loss(weights, base, rows, late, 2.0)
    for sign, by in product(sorted(weights), (-0.01, 0.01)):
        assert loss({**weights, sign: weights[sign] + by}, base, rows, late, 2.0) > best
    assert min(loss(weights, base + by, rows, late, 2.0) for by in (-0.01, 0.01)) > best


def test_what_was_learned_tells_apart_and_says_how_often() -> None:
    asked, late = made(6_000)
    model = breach.learn(asked[:4_000], late[:4_000])
    said = [breach.forecast(model, one).likelihood for one in asked[4_000:]]
    assert breach.auc(said, late[4_000:]) > 0.72
    assert breach.calibration_error(said, late[4_000:]) < 0.05
    assert breach.auc(said, late[4_000:]) > breach.auc(
        breach.rates(asked[:4_000], late[:4_000], asked[4_000:]), late[4_000:]
    )


def test_the_same_is_learned_from_the_same() -> None:
    asked, late = made(500)
    assert breach.write(breach.learn(asked, late)) == breach.write(breach.learn(asked, late))


@pytest.mark.parametrize("late", [[True] * 50, [False] * 50, [True, False] * 20 + [True] * 10, []])
def test_what_is_all_alike_is_not_learned_from(late: list[bool]) -> None:
    with pytest.raises(ValueError, match="nothing to tell apart"):
        breach.learn([PLAIN] * len(late), late)


def test_a_rare_queue_says_nothing() -> None:
    asked, late = made(500)
    model = breach.learn([replace(asked[0], queue="rare"), *asked], [True, *late])
    assert "queue=rare" not in model.weights
    assert breach.forecast(model, replace(asked[0], queue="unheard")).likelihood > 0


# asked ---------------------------------------------------------------------------------------------------------------


def test_the_reasons_are_the_largest_addends_that_speak_for_it() -> None:
    weights = {"queue=a": 2.0, "category=roads": 0.5, "age=3": 1.0, "state=handled": -3.0, "hour=morning": 0.2}
    model = Model(weights=weights, base=0.0, slope=1.0, offset=0.0, learned_from=1, late_share=0.5)
    said = breach.forecast(model, PLAIN)
    assert said.reasons == ("queue=a", "age=3", "category=roads")
    assert said.likelihood == pytest.approx(1 / (1 + math.exp(-0.7)))


@given(
    age=st.floats(-1e6, 1e6), term=st.floats(0, 1e6), load=st.integers(0, 10**9), hour=st.integers(0, 23),
    lately=st.none() | st.floats(0, 1), slope=st.floats(0, 1e3), base=st.floats(-1e3, 1e3),
)  # fmt: skip
@settings(max_examples=60)
def test_every_moment_gets_a_likelihood(
    age: float, term: float, load: int, hour: int, lately: float | None, slope: float, base: float
) -> None:
    model = Model(weights={}, base=base, slope=slope, offset=0.0, learned_from=1, late_share=0.5)
    asked = replace(PLAIN, age=age, term=term, load=load, hour=hour, lately=lately)
    assert 0 <= breach.forecast(model, asked).likelihood <= 1
    assert len(breach.signs(asked)) == len(breach.signs(PLAIN))


# figures -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    yes, no = [said for said, late in rows if late], [said for said, late in rows if not late]
    pairs = [(a > b) + (a == b) / 2 for a in yes for b in no]
    wanted = sum(pairs) / len(pairs) if pairs else 0.5
    assert breach.auc([said for said, _late in rows], [late for _said, late in rows]) == pytest.approx(wanted)


def test_calibration_is_how_far_what_is_said_lies_from_what_happens() -> None:
    assert breach.calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert breach.calibration_error([0.75] * 4, [False] * 4) == pytest.approx(0.75)
    assert breach.calibration_error([0.05, 0.95], [True, False]) == pytest.approx(0.95)
    assert breach.calibration_error([], []) == 0


# written and read ----------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_and_says_the_same() -> None:
    asked, late = made(500)
    model = breach.learn(asked, late)
    again = breach.read(breach.write(model))
    assert [breach.forecast(again, one) for one in asked[:50]] == [breach.forecast(model, one) for one in asked[:50]]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"base": ', '"base": 1', 1),
        lambda text: text.replace("roads", "noise", 1),
        lambda text: "[]",
        lambda text: '{"digest": "x", "model": {}}',
        lambda text: "null",
    ],
)
def test_a_damaged_model_is_refused(spoil: object) -> None:
    asked, late = made(500)
    text = breach.write(breach.learn(asked, late))
    assert callable(spoil)
    with pytest.raises(Broken):
        breach.read(spoil(text))


def test_a_model_with_no_number_is_refused() -> None:
    model = Model(weights={"a=b": math.nan}, base=0.0, slope=1.0, offset=0.0, learned_from=1, late_share=0.5)
    with pytest.raises(Broken):
        breach.read(breach.write(model))
