"""Which category a matter has, and whose it is, from its words: three suggestions with the phrases that spoke for them.

Problem: people say what happened in their own words, Chinese or English; somebody has to choose a category, and wants to see
why a machine proposes one. Some sentences speak of danger and must not wait.
Method: what points at a person is masked; the rest is counted as characters and pairs of characters, and as words where it is
written in Latin letters (`SCHEMA`); tf-idf with logarithmic counts and unit length; one logistic loss per class, whose scores
are calibrated together by one temperature (softmax(score * temperature)). The reasons are the stretches of the text whose
features raised the class above the others. A model comes as a file with its digest; learning one is
`kernels.triage_training`. Without a model, phrases of a list (`Starter`) decide: each counts with the square of its length.
Phrases of danger can only raise an urgency.
Source: Salton and Buckley 1988 (tf-idf); Fan et al. 2008 (one-against-rest logistic loss); Guo et al. 2017 (temperature).
Cost: O(length * classes) a text. Guarantee: no feature comes out of a masked span, and none but a Latin word has more than two
characters; the same text and model give the same answer; a file of which one bit changed is refused; `raised` never lowers.
"""

import json
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from math import exp, log, sqrt
from sys import byteorder

from pianqu.kernels.masking import masked

SCHEMA = ("a character", "two neighbouring characters", "a word in Latin letters")
"""Everything that a feature can be."""
LONGEST = 800
"""So many characters of a text are read: what a matter is about stands at its beginning."""
FORMAT = b"pianqu-triage/1\n"
TOP = 3
_LATIN = re.compile(r"[a-z][a-z'-]+")


class Corrupt(ValueError):
    """The file is no model, or not the one that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is asked of the features: one question with its classes. `weights` holds a row of classes for each feature."""

    classes: tuple[str, ...]
    weights: "array[float]"
    bias: tuple[float, ...]
    temperature: float
    threshold: float
    """From this probability on, at least 95 % were right when it was measured; above 1: never."""
    familiar: float = 0.0
    """Of 95 in 100 texts that it was measured on, the model knew this share of the features at least (`familiarity`)."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model. `card` is what its makers say of it."""

    vocabulary: tuple[str, ...]
    idf: "array[float]"
    heads: Mapping[str, Head]
    card: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where a feature stands."""
        return {feature: place for place, feature in enumerate(self.vocabulary)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One class with its calibrated probability and the phrases that spoke for it, strongest first."""

    label: str
    probability: float
    phrases: tuple[str, ...]


# features ------------------------------------------------------------------------------------------------------------


def features(text: str) -> Iterator[tuple[str, int, int]]:
    """Each feature with where it begins and ends. Latin words stand for themselves, everything else for characters and pairs."""
    plain = masked(text[:LONGEST]).lower()
    if len(plain) != len(text[:LONGEST]):  # a few letters grow when they become small (İ)
        plain = "".join(small if len(small := char.lower()) == 1 else char for char in masked(text[:LONGEST]))
    over = bytearray(not char.isalnum() for char in plain)
    for word in _LATIN.finditer(plain):
        yield word.group(), word.start(), word.end()
        over[word.start() : word.end()] = b"\x01" * len(word.group())
    last = len(plain) - 1
    for place, char in enumerate(plain):
        if over[place]:
            continue
        yield char, place, place + 1
        if place < last and not over[place + 1]:
            yield plain[place : place + 2], place, place + 2


def counted(text: str) -> dict[str, float]:
    """Features with 1 + log(times)."""
    return _logs(features(text))


def _logs(found: Iterable[tuple[str, int, int]]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for feature, _start, _end in found:
        counts[feature] = counts.get(feature, 0) + 1
    return {feature: 1 + log(times) for feature, times in counts.items()}


def vector(model: Model, counts: Mapping[str, float]) -> dict[int, float]:
    """A text's tf-idf by place of the feature, of length one; empty where the model knows nothing of it."""
    places, idf = model.places, model.idf
    found = {places[name]: times * idf[places[name]] for name, times in counts.items() if name in places}
    size = sqrt(sum(value * value for value in found.values()))
    return {place: value / size for place, value in found.items()} if size else {}


# suggestions ---------------------------------------------------------------------------------------------------------


def probabilities(head: Head, values: Mapping[int, float]) -> list[float]:
    """Calibrated, in the order of the classes."""
    return softmax(_scores(head, values), head.temperature)


def familiarity(model: Model, text: str) -> float:
    """Which share of a text's pairs and words the model knows; 0 for a text that has none. Probabilities say nothing of what is
    unlike everything that was learned from."""
    told = {feature for feature, _start, _end in features(text) if len(feature) > 1}
    return sum(feature in model.places for feature in told) / len(told) if told else 0.0


def _scores(head: Head, values: Mapping[int, float]) -> list[float]:
    width, weights = len(head.classes), head.weights
    scores = list(head.bias)
    for place, value in values.items():
        for number, weight in enumerate(weights[place * width : (place + 1) * width]):
            scores[number] += value * weight
    return scores


def softmax(scores: Sequence[float], temperature: float) -> list[float]:
    """Shares that add to one; a higher temperature makes the first one surer."""
    top = max(scores)
    raised = [exp((score - top) * temperature) for score in scores]
    total = sum(raised)
    return [value / total for value in raised]


def suggest(model: Model, text: str, head: str = "category", *, top: int = TOP) -> tuple[Guess, ...]:
    """The likeliest classes, the first three with their reasons; none where the model knows no feature of the text."""
    asked, found = model.heads[head], list(features(text))
    values = vector(model, _logs(found))
    if not values:
        return ()
    shares = probabilities(asked, values)
    order = sorted(range(len(shares)), key=lambda number: (-shares[number], number))[:top]
    gains = _gains(model, asked, values, found, order[:TOP], min(len(text), LONGEST))
    return tuple(
        Guess(
            label=asked.classes[number],
            probability=shares[number],
            phrases=_stretches(text, gains[number]) if number in gains else (),
        )
        for number in order
    )


def _gains(
    model: Model,
    head: Head,
    values: Mapping[int, float],
    found: Sequence[tuple[str, int, int]],
    numbers: Sequence[int],
    length: int,
) -> dict[int, list[float]]:
    """For each of these classes how far every character raised it above the mean of all classes."""
    width, weights, places = len(head.classes), head.weights, model.places
    gains = {number: [0.0] * length for number in numbers}
    rows: dict[int, tuple[float, list[float]]] = {}
    for feature, start, end in found:
        place = places.get(feature)
        if place is None:
            continue
        if place not in rows:
            row = weights[place * width : (place + 1) * width].tolist()
            rows[place] = (sum(row) / width, row)
        mean, row = rows[place]
        share = values[place] / (end - start)
        for number, line in gains.items():
            gain = share * (row[number] - mean)
            for sign in range(start, end):
                line[sign] += gain
    return gains


def _stretches(text: str, gains: Sequence[float]) -> tuple[str, ...]:
    """Runs of characters that each speak for it with at least a fifth of the strongest one's weight, two characters or more."""
    least = max(gains, default=0.0) / 5
    found: dict[str, float] = {}
    start = None
    for place, gain in enumerate([*gains, 0.0]):
        speaks = gain > 0 and gain >= least
        if speaks and start is None:
            start = place
        elif not speaks and start is not None:
            phrase = text[start:place]
            if len(phrase) > 1:
                found[phrase] = found.get(phrase, 0.0) + sum(gains[start:place])
            start = None
    return tuple(sorted(found, key=lambda phrase: -found[phrase])[:TOP])


# without a model -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Phrases by class. They suggest, and are never sure: a list has no precision that somebody measured."""

    phrases: Mapping[str, tuple[str, ...]]

    @cached_property
    def _owners(self) -> dict[str, tuple[str, ...]]:
        owners: dict[str, list[str]] = {}
        for label, phrases in self.phrases.items():
            for phrase in phrases:
                owners.setdefault(phrase.lower(), []).append(label)
        return {phrase: tuple(labels) for phrase, labels in owners.items()}

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        return _any_of(tuple(self._owners))

    def suggest(self, text: str, *, top: int = TOP) -> tuple[Guess, ...]:
        """Classes whose phrases the text holds, by the squares of their lengths; a phrase of two classes counts half for each."""
        found: dict[str, dict[str, float]] = {}
        for hit in self._shape.finditer(masked(text[:LONGEST]).lower()):
            labels = self._owners[hit.group()]
            for label in labels:
                phrases = found.setdefault(label, {})
                phrases[hit.group()] = phrases.get(hit.group(), 0.0) + _weight(hit.group()) / len(labels)
        total = sum(sum(phrases.values()) for phrases in found.values())
        made = [
            Guess(
                label=label,
                probability=sum(phrases.values()) / (total + 4),
                phrases=tuple(sorted(phrases, key=lambda phrase: -phrases[phrase])[:TOP]),
            )
            for label, phrases in found.items()
        ]
        return tuple(sorted(made, key=lambda guess: -guess.probability)[:top])


def _weight(phrase: str) -> float:
    """A Latin letter tells less than a 汉字: three count as one."""
    length = len(phrase) / 3 if phrase.isascii() else len(phrase)
    return length * length


@lru_cache(maxsize=4)
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """The longest one first; a phrase in Latin letters is a whole word or the beginning of one. Small letters."""
    ordered = sorted((phrase.lower() for phrase in phrases), key=lambda phrase: (-len(phrase), phrase))
    return re.compile(
        "|".join((r"\b" if phrase.isascii() else "") + re.escape(phrase) for phrase in ordered) or r"(?!)"
    )


def hazards(text: str, phrases: Sequence[str]) -> tuple[str, ...]:
    """The phrases of danger that a whole text holds, each once, in its order."""
    found = _any_of(tuple(phrases)).finditer(masked(text).lower())
    return tuple(dict.fromkeys(hit.group() for hit in found))


def raised(urgency: int, found: Sequence[str], to: int) -> int:
    """The urgency after phrases of danger were found: at least `to`, and never less than it was."""
    return max(urgency, to) if found else urgency


# files ---------------------------------------------------------------------------------------------------------------


def dump(model: Model) -> bytes:
    """The model as a file: format, SHA-256 of the rest, then a packed head line and the numbers."""
    head = {
        "vocabulary": model.vocabulary,
        "card": model.card,
        "heads": {
            name: {
                "classes": one.classes,
                "bias": one.bias,
                "temperature": one.temperature,
                "threshold": one.threshold,
                "familiar": one.familiar,
            }
            for name, one in sorted(model.heads.items())
        },
    }
    numbers = [model.idf, *(one.weights for _name, one in sorted(model.heads.items()))]
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    body = zlib.compress(text + b"\n" + b"".join(_little(values).tobytes() for values in numbers), 6)
    return FORMAT + sha256(body).hexdigest().encode() + b"\n" + body


def digest(content: bytes) -> str:
    """The SHA-256 that the file itself names. Raises Corrupt for what is no model file."""
    head = content[: len(FORMAT) + 65]
    if not head.startswith(FORMAT) or head[-1:] != b"\n":
        raise Corrupt("this is no model file")
    return head[len(FORMAT) : -1].decode("ascii", "replace")


def load(content: bytes) -> Model:
    """The model of a file. Raises Corrupt where the digest or the shape does not fit."""
    body = content[len(FORMAT) + 65 :]
    if digest(content) != sha256(body).hexdigest():
        raise Corrupt("the digest does not fit: the file was changed or cut off")
    try:
        text, _newline, numbers = zlib.decompress(body).partition(b"\n")
        return _read(json.loads(text), numbers)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise Corrupt("the file does not hold a model of this version") from error


def _read(head: Mapping[str, object], numbers: bytes) -> Model:
    values: array[float] = array("f")
    values.frombytes(numbers)
    values = _little(values)
    vocabulary = tuple(_texts(head["vocabulary"]))
    taken = len(vocabulary)
    idf, heads = values[:taken], {}
    for name, one in _table(head["heads"]).items():
        row = _table(one)
        classes = tuple(_texts(row["classes"]))
        size = len(vocabulary) * len(classes)
        heads[name] = Head(
            classes=classes,
            weights=values[taken : taken + size],
            bias=tuple(map(float, _list(row["bias"]))),
            temperature=float(str(row["temperature"])),
            threshold=float(str(row["threshold"])),
            familiar=float(str(row.get("familiar", 0.0))),
        )
        taken += size
    if taken != len(values) or any(len(one.bias) != len(one.classes) for one in heads.values()):
        raise ValueError("the numbers do not fit the vocabulary")
    return Model(vocabulary=vocabulary, idf=idf, heads=heads, card=_table(head["card"]))


def _little(values: "array[float]") -> "array[float]":
    if byteorder == "little":
        return values
    turned = array("f", values)
    turned.byteswap()
    return turned


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a table is missing")
    return value


def _list(value: object) -> list[float]:
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of words is missing")
    return value


# figures -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well probabilities fit the truth. `threshold` is the lowest probability from which on the wanted precision holds."""

    accuracy: float
    macro_f1: float
    top3: float
    ece: float
    coverage: float
    threshold: float
    by_class: Mapping[str, tuple[float, float, int]]
    """Precision, recall, how many there were."""


def figures(
    classes: Sequence[str], shares: Sequence[Sequence[float]], truth: Sequence[str], *, precision: float = 0.95
) -> Figures:
    """Measure predictions of matters that the model had not seen. Ties go to the first class."""
    order = [sorted(range(len(row)), key=lambda n, row=row: -row[n]) for row in shares]  # type: ignore[misc]
    first = [classes[ranks[0]] for ranks in order]
    sure = [row[ranks[0]] for row, ranks in zip(shares, order, strict=True)]
    right = [guess == label for guess, label in zip(first, truth, strict=True)]
    threshold, coverage = threshold_at(sure, right, precision)
    by_class = {label: _one_class(label, first, truth) for label in classes}
    present = [row for row in by_class.values() if row[2]]
    return Figures(
        accuracy=sum(right) / len(right),
        macro_f1=sum(_f1(p, r) for p, r, _n in present) / len(present),
        top3=sum(label in {classes[n] for n in ranks[:TOP]} for label, ranks in zip(truth, order, strict=True))
        / len(truth),
        ece=ece(sure, right),
        coverage=coverage,
        threshold=threshold,
        by_class=by_class,
    )


def _one_class(label: str, first: Sequence[str], truth: Sequence[str]) -> tuple[float, float, int]:
    hit = sum(a == b == label for a, b in zip(first, truth, strict=True))
    said, there = sum(guess == label for guess in first), sum(one == label for one in truth)
    return hit / said if said else 0.0, hit / there if there else 0.0, there


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def ece(sure: Sequence[float], right: Sequence[bool], *, bins: int = 15) -> float:
    """Expected calibration error: how far certainty and truth lie apart, over equal bins of certainty."""
    held: list[list[tuple[float, bool]]] = [[] for _bin in range(bins)]
    for value, hit in zip(sure, right, strict=True):
        held[min(int(value * bins), bins - 1)].append((value, hit))
    apart = [abs(sum(v for v, _h in one) - sum(h for _v, h in one)) for one in held]
    return sum(apart) / len(sure)


def threshold_at(sure: Sequence[float], right: Sequence[bool], precision: float) -> tuple[float, float]:
    """The lowest certainty from which on this share was right, and the share of all that lies above; 2 and 0 where none does."""
    order = sorted(range(len(sure)), key=lambda n: -sure[n])
    best, hits = (2.0, 0.0), 0
    for count, place in enumerate(order, 1):
        hits += right[place]
        ends = count == len(order) or sure[order[count]] < sure[place]
        if ends and hits >= precision * count:
            best = (sure[place], count / len(order))
    return best
