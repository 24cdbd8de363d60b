"""Altered copies of titles among all titles, found again by the house's kernel and by three simple ways, in the same run.

A copy has lost or swapped letters (15% of them), its clauses stand in another order, a greeting stands before it, and its place
has a neighbour's name. An unrelated report is a title asked about with itself taken away; titles that others sent again in
their own words are among them, so the share of hints is an upper bound.
"""

import csv
import math
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from pathlib import Path

from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.kernels import bigrams, likeness

ORIGINALS = 2_000
SEED = 1
FIRST = 5
LOST = 0.15
_PLACE = re.compile(r"[A-Z]\d*(?=[市区县镇])")
_SIGNS = re.compile(r"[，,。！？?!；;、\s]+")
GREETINGS = ("您好，", "尊敬的领导：", "领导好！", "你好，请问一下，")

Found = list[tuple[float, int]]
Way = Callable[[str, int], Found]


def titles_of(folder: Path) -> list[str]:
    """All titles of the folder's tables, each once."""
    found: dict[str, None] = {}
    for name in ("titles_labelled_dev.csv", "hot_titles.csv"):
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            found.update(dict.fromkeys(title for row in csv.DictReader(file) if (title := row["title"].strip())))
    return list(found)


def altered(title: str, dice: random.Random) -> str:
    """A copy as somebody else might write it in haste."""
    signs = list(_PLACE.sub(lambda found: _neighbour(found[0], dice), title))
    for _time in range(round(LOST * len(signs))):
        at = dice.randrange(len(signs))
        if dice.random() < 0.5 and len(signs) > 2:
            signs.pop(at)
        else:
            other = min(at + 1, len(signs) - 1)
            signs[at], signs[other] = signs[other], signs[at]
    said = "".join(signs)
    clauses = [piece for piece in _SIGNS.split(said) if piece]
    if len(clauses) < 2 and len(said) > 8:
        middle = dice.randrange(4, len(said) - 3)
        clauses = [said[:middle], said[middle:]]
    dice.shuffle(clauses)
    return dice.choice(GREETINGS) + "，".join(clauses)


def _neighbour(place: str, dice: random.Random) -> str:
    others = [f"{place[0]}{number}" for number in range(1, 10)] if len(place) > 1 else list("ABCDEFGHJKLM")
    return dice.choice([one for one in others if one != place])


@dataclass(slots=True)
class Kernel:
    """The house's way over an index in memory: the same steps as over the database."""

    titles: Sequence[str]
    postings: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for number, title in enumerate(self.titles):
            for key in likeness.keys(title):
                self.postings[key].append(number)

    def ask(self, text: str, without: int) -> Found:
        held = {key: len(self.postings[key]) for key in likeness.keys(text) if key in self.postings}
        read = ((key, one) for key in likeness.rarest(held) for one in self.postings[key] if one != without)
        further = likeness.first(read, held, len(self.titles))
        mine = likeness.telling(text, held, len(self.titles))
        return nlargest(
            FIRST,
            (
                (likeness.alike(mine, likeness.telling(self.titles[one], held, len(self.titles))), one)
                for one in further
            ),
        )


def exact(titles: Sequence[str]) -> Way:
    """The same words, letter by letter."""
    numbers = {bigrams.fold(title): number for number, title in enumerate(titles)}

    def ask(text: str, without: int) -> Found:
        found = numbers.get(bigrams.fold(text))
        return [] if found is None or found == without else [(1.0, found)]

    return ask


def single(titles: Sequence[str]) -> Way:
    """How many different characters both have, by Jaccard: a search by LIKE for each character."""
    sets = [frozenset(bigrams.fold(title)) for title in titles]

    def ask(text: str, without: int) -> Found:
        mine = frozenset(bigrams.fold(text))
        shares = ((len(mine & one) / len(mine | one), number) for number, one in enumerate(sets) if number != without)
        return nlargest(FIRST, shares)

    return ask


def bm25(titles: Sequence[str], *, k: float = 1.2, b: float = 0.75) -> Way:
    """BM25 over pairs (Robertson & Zaragoza, 2009), its figure a share of what the question would give itself."""
    texts = [_pairs(title) for title in titles]
    mean = sum(text.total() for text in texts) / len(texts)
    postings: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        for gram in text:
            postings[gram].append(number)
    idf = {gram: math.log(1 + (len(texts) - len(of) + 0.5) / (len(of) + 0.5)) for gram, of in postings.items()}

    def part(gram: str, text: Counter[str]) -> float:
        count = text[gram]
        return idf.get(gram, 0.0) * count * (k + 1) / (count + k * (1 - b + b * text.total() / mean))

    def ask(text: str, without: int) -> Found:
        mine, scores = _pairs(text), defaultdict[int, float](float)
        for gram in mine:
            for number in postings.get(gram, ()):
                scores[number] += part(gram, texts[number])
        own = sum(part(gram, mine) for gram in mine) or 1.0
        scores.pop(without, None)
        return nlargest(FIRST, ((min(1.0, score / own), number) for number, score in scores.items()))

    return ask


def _pairs(text: str) -> Counter[str]:
    folded = bigrams.fold(text)
    return Counter(folded[at : at + 2] for at in range(len(folded) - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one way gave: found among the first five, found and hinted at, hints for unrelated reports."""

    found: float
    hinted: float
    unrelated: float


def judged(way: Way, copies: Sequence[tuple[int, str]], others: Sequence[tuple[int, str]], hint: float) -> Figures:
    """Shares of the copies and of the unrelated. `hint` is the figure from which on somebody is asked."""
    asked = [(number, way(text, -1)) for number, text in copies]
    alone = [way(text, number) for number, text in others]
    return Figures(
        found=sum(any(one == number for _score, one in got) for number, got in asked) / len(copies),
        hinted=sum(any(one == number and score >= hint for score, one in got) for number, got in asked) / len(copies),
        unrelated=sum(any(score >= hint for score, _one in got) for got in alone) / len(others),
    )


def measure(folder: Path, *, quick: bool) -> list[Row]:
    """All figures. Baselines ask at the figure that gives as many hints for unrelated reports as the house may."""
    titles, dice = titles_of(folder), random.Random(SEED)
    count = 300 if quick else ORIGINALS
    copies = [(number, altered(titles[number], dice)) for number in dice.sample(range(len(titles)), count)]
    others = [(number, titles[number]) for number in dice.sample(range(len(titles)), count)]
    house = Kernel(titles)
    mine = judged(house.ask, copies, others, likeness.HINT)
    ways = {"exact": exact(titles), "one character": single(titles), "BM25": bm25(titles)}
    slow = (copies[:300], others[:300])
    beside = {name: judged(way, *slow, _tenth(way, slow[1])) for name, way in ways.items()}
    took = list(_took(house, [text for _number, text in copies[:500]]))
    return [
        Row(name="titles", value=len(titles)),
        Row(name="altered copies", value=count),
        Row(
            name="recall@5",
            value=round(mine.found, 4),
            at_least=0.98,
            baseline=_beside(beside, lambda figures: figures.found),
        ),
        Row(
            name="found among the first five and hinted at",
            value=round(mine.hinted, 4),
            at_least=0.98,
            baseline=_beside(beside, lambda figures: figures.hinted),
        ),
        Row(
            name="hints for unrelated reports",
            value=round(100 * mine.unrelated, 2),
            unit="%",
            at_most=10.0,
            baseline=_beside(beside, lambda figures: figures.unrelated),
        ),
        Row(name="one question in memory: p50", value=p50(took), unit="ms"),
        Row(name="one question in memory: p95", value=percentile(took, 0.95), unit="ms", at_most=50.0),
    ]


def _tenth(way: Way, others: Sequence[tuple[int, str]]) -> float:
    best = sorted((got[0][0] if (got := way(text, number)) else 0.0) for number, text in others)
    return best[int(0.9 * len(best))] or 1.0


def _beside(figures: dict[str, Figures], of: Callable[[Figures], float]) -> str:
    return ", ".join(f"{name}: {of(one):.3f}" for name, one in figures.items())


def _took(house: Kernel, texts: Sequence[str]) -> Iterator[float]:
    for text in texts:
        began = time.perf_counter()
        house.ask(text, -1)
        yield (time.perf_counter() - began) * 1000
