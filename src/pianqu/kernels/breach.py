"""Whether an open matter will probably be late: asked of what is known now, so that somebody looks at it before the fact.

Problem: of the many matters that are open, which will miss their date? The answer may only raise attention, so it must say
why, must be right as often as it says, and may know nothing about a person and nothing that is only known afterwards.
Method: logistic regression over signs. Each sign says one plain thing ("queue=sanitation", "age=5"); a number becomes the
band in which it lies, so the sum of the signs' weights is the whole forecast and its largest addends are the reasons. Weights
are found by accelerated proximal gradient steps with restarts, each sign with its own step length (the curvature of the
logistic loss is at most a quarter of a sign's frequency times the signs of a row). Then two numbers, found on later matters
than the weights were, straighten the sum so that "seven of ten" means seven of ten.
Source: Nesterov 1983; Beck and Teboulle 2009 (FISTA); O'Donoghue and Candès 2015 (restarts); Platt 1999, with his targets,
(calibration); Guo and others 2017 (expected calibration error); Hanley and McNeil 1982 (area under the curve by ranks).
Cost: learning O(steps x matters x signs of one) with numpy, which is imported where something is learned only; a forecast is
as many look-ups as there are fields.
Guarantee: deterministic; no field but FIELDS enters; weights are those of a convex problem with one solution. A model that
was written by `write` and read by `read` forecasts the same; one whose digest or form is wrong raises `Broken`.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from importlib import import_module
from typing import Any

FORM = "pianqu/breach/v1"
AGES = (0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
"""Shares of the term that have passed."""
TERMS = (0.5, 1.5, 3.5, 7.5, 14.5, 31.0, 62.0)
"""Days that the whole term has."""
LATELY = (0.02, 0.08, 0.16, 0.28, 0.4, 0.55, 0.7, 0.85)
LOADS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
HOURS = (("night", 0), ("morning", 7), ("day", 10), ("afternoon", 14), ("evening", 18), ("night", 22))
SHARES = (0.0, 0.3, 0.6, 0.9)
"""Shares of its term at which an ended matter is asked about again, so that a matter of any age can be."""
SEEN_IN = 5
"""A sign that fewer matters have is not learned: it would be about these few."""
STEPS, ENOUGH = 400, 1e-5


class Broken(ValueError):
    """This is no model, or not the one that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of an open matter at the moment at which it is asked about. Nothing else may be."""

    state: str
    """Where it stands: waiting for somebody who answers for it, or handled."""
    queue: str
    """The organisation or list that has it."""
    category: str
    hour: int
    """Of the day at which it came in."""
    age: float
    """Which share of its term has passed."""
    term: float
    """How many days its term has in all."""
    load: int
    """How many open matters its queue has beside it."""
    lately: float | None = None
    """Which share of the queue's matters whose date passed in the weeks before missed it; None where none did pass."""


FIELDS = tuple(field.name for field in fields(Asked))
"""The feature schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What was learned. `learned_from` and `late_share` say of how many matters' moments, and how many of them were late."""

    weights: Mapping[str, float]
    base: float
    slope: float
    offset: float
    learned_from: int
    late_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How likely it is to be late, and the signs that speak for it, the strongest first."""

    likelihood: float
    reasons: tuple[str, ...]


def signs(asked: Asked) -> tuple[str, ...]:
    """What a moment of a matter says, one sign for each thing."""
    age = bisect_right(AGES, asked.age)
    return (
        f"state={asked.state}",
        f"queue={asked.queue}",
        f"category={asked.category}",
        f"hour={_part_of_day(asked.hour)}",
        f"age={age}",
        f"term={bisect_right(TERMS, asked.term)}",
        f"load={bisect_right(LOADS, asked.load)}",
        f"lately={'none' if asked.lately is None else bisect_right(LATELY, asked.lately)}",
        f"queue-age={asked.queue}/{age // 2}",
        f"category-age={asked.category}/{age // 2}",
    )


def forecast(model: Model, asked: Asked, *, most: int = 3) -> Forecast:
    """How likely this matter is to be late."""
    found = [(model.weights.get(sign, 0.0), sign) for sign in signs(asked)]
    total = model.base + sum(weight for weight, _sign in found)
    speaking = sorted((-weight, sign) for weight, sign in found if weight > 0)
    return Forecast(
        likelihood=_chance(model.slope * total + model.offset), reasons=tuple(sign for _w, sign in speaking[:most])
    )


def learn(asked: Sequence[Asked], late: Sequence[bool], *, ridge: float = 10.0, kept_back: float = 0.2) -> Model:
    """A model of these moments, which stand in the order of time: the last part is kept back to straighten what the first says.

    Raises ValueError where there is nothing to learn: too few, or all alike.
    """
    cut = int(len(asked) * (1 - kept_back))
    if cut < 2 or len({*late[:cut]}) < 2 or len({*late[cut:]}) < 2:
        raise ValueError("nothing to tell apart")
    rows = [signs(one) for one in asked]
    weights, base = _weights(rows[:cut], late[:cut], ridge)
    sums = [base + sum(weights.get(sign, 0.0) for sign in row) for row in rows[cut:]]
    slope, offset = _straightened(sums, late[cut:])
    return Model(
        weights=weights,
        base=base,
        slope=slope,
        offset=offset,
        learned_from=len(asked),
        late_share=sum(late) / len(late),
    )


def _weights(rows: Sequence[tuple[str, ...]], late: Sequence[bool], ridge: float) -> tuple[dict[str, float], float]:
    """The weights and the constant that make what happened most likely, less a price for large weights."""
    np: Any = import_module("numpy")
    counts: dict[str, int] = {}
    for row in rows:
        for sign in row:
            counts[sign] = counts.get(sign, 0) + 1
    known = {sign: at for at, sign in enumerate(sorted(sign for sign, n in counts.items() if n >= SEEN_IN), start=1)}
    size, width, spare = len(known) + 2, len(rows[0]) + 1, len(known) + 1
    at = np.array([[0, *(known.get(sign, spare) for sign in row)] for row in rows], dtype=np.intp)
    wanted = np.array(late, dtype=float)
    step = 1 / (width * np.bincount(at.ravel(), minlength=size) / 4 + ridge)
    price = np.full(size, ridge)
    price[0], price[spare] = 0, 1e9
    step[0], step[spare] = 4 / (width * len(rows)), 0
    found = _descended(np, at, wanted, step, price, size)
    return {sign: round(float(found[place]), 5) for sign, place in known.items()}, round(float(found[0]), 5)


def _descended(np: Any, at: Any, wanted: Any, step: Any, price: Any, size: int) -> Any:
    """The lowest point of a convex loss, by steps that gather speed and start anew when they went too far."""
    now, ahead, speed = np.zeros(size), np.zeros(size), 1.0
    width = at.shape[1]
    for _number in range(STEPS):
        off = 1 / (1 + np.exp(-ahead[at].sum(axis=1))) - wanted
        slope = np.bincount(at.ravel(), weights=np.repeat(off, width), minlength=size) + price * ahead
        then = ahead - step * slope
        if float((slope * (then - now)).sum()) > 0:
            speed = 1.0
        faster = (1 + math.sqrt(1 + 4 * speed * speed)) / 2
        ahead = then + (speed - 1) / faster * (then - now)
        moved, now, speed = float(np.abs(then - now).max()), then, faster
        if moved < ENOUGH:
            break
    return now


def _straightened(sums: Sequence[float], late: Sequence[bool]) -> tuple[float, float]:
    """Platt's two numbers, by Newton's steps on his softened targets."""
    high = (sum(late) + 1) / (sum(late) + 2)
    low = 1 / (len(late) - sum(late) + 2)
    slope, offset = 1.0, 0.0
    for _number in range(50):
        g1 = g2 = 0.0
        h11 = h22 = 1e-9
        h12 = 0.0
        for x, was in zip(sums, late, strict=True):
            chance = _chance(slope * x + offset)
            off, curve = chance - (high if was else low), max(chance * (1 - chance), 1e-9)
            g1, g2 = g1 + off * x, g2 + off
            h11, h12, h22 = h11 + curve * x * x, h12 + curve * x, h22 + curve
        whole = h11 * h22 - h12 * h12
        d1, d2 = (h22 * g1 - h12 * g2) / whole, (h11 * g2 - h12 * g1) / whole
        slope, offset = slope - d1, offset - d2
        if abs(d1) + abs(d2) < 1e-9:
            break
    return round(max(slope, 0.0), 6), round(offset, 6)


def _chance(total: float) -> float:
    return 1 / (1 + math.exp(-total)) if total > -700 else 0.0


def _part_of_day(hour: int) -> str:
    return next(name for name, since in reversed(HOURS) if hour >= since)


# how good ------------------------------------------------------------------------------------------------------------


def auc(likelihoods: Sequence[float], late: Sequence[bool]) -> float:
    """How often a late one was said to be likelier late than one in time; those that are told alike count half."""
    order = sorted(range(len(likelihoods)), key=likelihoods.__getitem__)
    ranks, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and likelihoods[order[end]] == likelihoods[order[start]]:
            end += 1
        ranks += (start + end + 1) / 2 * sum(late[place] for place in order[start:end])
        start = end
    yes = sum(late)
    no = len(late) - yes
    return (ranks - yes * (yes + 1) / 2) / (yes * no) if yes and no else 0.5


def calibration_error(likelihoods: Sequence[float], late: Sequence[bool], *, bands: int = 10) -> float:
    """How far what was said lies from what happened, in bands of equal width, each as heavy as what is in it."""
    told: list[list[float]] = [[0.0, 0.0] for _band in range(bands)]
    for chance, was in zip(likelihoods, late, strict=True):
        band = told[min(bands - 1, int(chance * bands))]
        band[0] += chance
        band[1] += was
    return sum(abs(said - happened) for said, happened in told) / max(1, len(late))


def rates(asked: Sequence[Asked], late: Sequence[bool], then: Sequence[Asked]) -> list[float]:
    """The plain baseline: of each later moment, how often its queue's were late before."""
    told: dict[str, list[float]] = {}
    usual = sum(late) / max(1, len(late))
    for one, was in zip(asked, late, strict=True):
        row = told.setdefault(one.queue, [usual * SEEN_IN, SEEN_IN])
        row[0], row[1] = row[0] + was, row[1] + 1
    nothing = [usual, 1.0]
    return [row[0] / row[1] for row in (told.get(one.queue, nothing) for one in then)]


# written and read ----------------------------------------------------------------------------------------------------


def write(model: Model) -> str:
    """The model as a text with its own digest."""
    body = {name: getattr(model, name) for name in _PLAIN} | {"weights": dict(sorted(model.weights.items()))}
    body |= {"form": FORM, "fields": list(FIELDS)}
    inner = json.dumps(body, sort_keys=True, ensure_ascii=True)
    return json.dumps({"digest": sha256(inner.encode()).hexdigest(), "model": body}, sort_keys=True)


def digest_of(text: str) -> str:
    """The digest that stands in a model's text."""
    found: str = json.loads(text)["digest"]
    return found


def read(text: str) -> Model:
    """The model of a text that `write` made. Raises Broken."""
    try:
        whole = json.loads(text)
        body = whole["model"]
        inner = json.dumps(body, sort_keys=True, ensure_ascii=True)
        if sha256(inner.encode()).hexdigest() != whole["digest"]:
            raise Broken("the digest does not fit")
        if body["form"] != FORM or body["fields"] != list(FIELDS):
            raise Broken("it was made for other fields")
        plain = {name: float(body[name]) for name in _PLAIN}
        weights = {str(sign): float(weight) for sign, weight in body["weights"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise error if isinstance(error, Broken) else Broken(f"it cannot be read: {error}") from error
    if not all(math.isfinite(value) for value in (*plain.values(), *weights.values())):
        raise Broken("it holds a number that is none")
    return Model(
        weights=weights,
        base=plain["base"],
        slope=plain["slope"],
        offset=plain["offset"],
        late_share=plain["late_share"],
        learned_from=int(plain["learned_from"]),
    )


_PLAIN = ("base", "slope", "offset", "learned_from", "late_share")
