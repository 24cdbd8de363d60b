"""Which messages speak of the same problem at the same place and time, and how hot it is by how many people said so.

Problem: of some thousand short messages, find the groups with one cause; a template of words alone must not bind what lies
streets or months apart.
Method: two messages are alike by the cosine of their rare pairs of characters and that of their rare runs of four and five
(names of places and things), times factors for place, category and days between them. In a burst (many more of a category in
an area within days than its mean rate lets one expect, by the tail of Poisson's distribution) different words for one thing
are more alike. Groups by average linkage (R. R. Sokal, C. D. Michener 1958, "A statistical method for evaluating systematic
relationships"), cut at one likeness. Average linkage joins at a likeness only where some pair is that alike, so it is done
within the connected parts of the graph of such pairs: the same groups, without the whole table. What a person joined (`same`,
in one area) is alike with 1, so it is joined before all else, and is as like others as the likest of it. Heat: each person counts
once for a group, with the latest thing they said, halved every `half_life` days.
Cost: O(n²) likenesses in slices of rows, O(m²) space for the largest connected part m.
Guarantee: the same messages in any order give the same groups; a message is in one group; what a person joined is in one group,
if it lies in one area; heat never rises by saying a thing twice at one time.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import poisson

from pianqu.kernels.likeness import POLITE
from pianqu.kernels.words import excerpt

ROWS = 512
"""So many rows of the table of likenesses are made at a time."""
LONGEST = 400
"""Characters of a message that are compared: what it is about stands at its beginning."""
Matrix = Any
Table = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `day` counts days with their fraction from any origin; what is not known is empty."""

    key: str
    text: str
    day: float
    place: str = ""
    area: str = ""
    """The wider area around the place: what lies in two areas is never one group."""
    category: str = ""
    same: str = ""
    """What a person said to be one matter carries the same name here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Chosen on one half of the bench's groups, judged on the other (docs/performance.md)."""

    alike: float = 0.13
    """From this likeness on groups are joined."""
    rare_share: float = 0.2
    """How much runs of four and five characters weigh beside pairs."""
    half_days: float = 20.0
    """After so many days between them two messages are half as alike."""
    other_place: float = 0.8
    """Likeness of what lies at two places of one area; the same where one place is not known."""
    other_category: float = 0.75
    burst: float = 0.09
    """Added to the likeness of two messages of one burst: less than `alike`, so some words have to be shared."""
    burst_days: float = 2.5
    """A burst is looked for within so many days before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Messages by their number in what was given, the earliest first."""

    members: tuple[int, ...]
    phrases: tuple[str, ...]
    """What many of them say and few others: why they are one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    voices: int
    """How many people spoke, as far as they can be told apart."""
    value: float


def groups(messages: Sequence[Message], *, settings: Settings | None = None, smallest: int = 2) -> tuple[Group, ...]:
    """All groups of at least so many messages, the largest first."""
    order = sorted(range(len(messages)), key=lambda n: (messages[n].day, messages[n].key, messages[n].text))
    sorted_messages = [messages[n] for n in order]
    if len(order) < smallest:
        return ()
    said = [plain(message.text) for message in sorted_messages]
    alike = _Likeness(sorted_messages, said, settings or Settings())
    shared = _Phrases([segments(message.text) for message in sorted_messages])
    found = [
        Group(members=tuple(order[n] for n in members), phrases=shared.of(members))
        for members in _members(alike)
        if len(members) >= smallest
    ]
    return tuple(sorted(found, key=lambda group: (-len(group.members), messages[group.members[0]].key)))


def heat(said: Iterable[tuple[str, float]], *, now_day: float, half_life: float) -> Heat:
    """Of a group, from each message's voice and day. A message without a voice is one person's. What lies ahead is now."""
    latest: dict[str, float] = {}
    unknown = 0
    for voice, day in said:
        if not voice:
            unknown += 1
        name = voice or f"\0{unknown}"
        latest[name] = max(day, latest.get(name, -math.inf))
    value = sum(0.5 ** (max(0.0, now_day - day) / half_life) for day in sorted(latest.values()))
    return Heat(voices=len(latest), value=value)


def plain(text: str) -> str:
    """What is compared: letters, digits and characters, the beginning of the message."""
    return "".join(sign for sign in excerpt(text, LONGEST).lower() if sign.isalnum())


def segments(text: str) -> tuple[str, ...]:
    """The same between its signs of punctuation and without politeness: a phrase does not go across either."""
    return tuple(re.findall(r"[^\W_]+", _POLITE.sub(" ", excerpt(text, LONGEST).lower())))


_POLITE = re.compile(
    rf"{POLITE}|"
    r"麻烦(?:您|你)?们?(?:尽快)?(?:告诉我|告知|回复)?(?:处理)?结果?|(?:希望|请|盼)(?:尽快|早日|有人)?(?:管一?管|处理|解决|回复)?(?:一下)?(?=$|[^\w])|"
    r"\b(?:dear (?:sir|madam|sirs)|hello|thank you|please)\b"
)
"""What people write to be polite says nothing of the matter."""


# likeness ------------------------------------------------------------------------------------------------------------


class _Likeness:
    """Every pair's likeness, in slices of rows."""

    def __init__(self, messages: Sequence[Message], said: Sequence[str], settings: Settings) -> None:
        self.settings, self.count = settings, len(messages)
        self._pairs = _weighed([_runs(text, (2,)) for text in said], most=1.0)
        self._rare = _weighed([_runs(text, (4, 5)) for text in said], most=0.05, least=2)
        self._days = np.array([message.day for message in messages])
        self._places = _numbers(message.place for message in messages)
        self._areas = _numbers(message.area for message in messages)
        self._categories = _numbers(message.category for message in messages)
        self._same = _numbers(message.same and f"{message.same}\n{message.area}" for message in messages)
        self._bursts = _bursts(messages, settings.burst_days)

    def between(self, rows: Table, columns: Table) -> Table:
        """The table of likenesses of some with some."""
        set_ = self.settings
        table = self._pairs[rows] @ self._pairs[columns].T * (1 - set_.rare_share)
        table = (table + self._rare[rows] @ self._rare[columns].T * set_.rare_share).toarray()
        bursts = self._bursts
        one_burst = (bursts[rows][:, None] >= 0) & (bursts[rows][:, None] == bursts[columns][None, :])
        table += one_burst * set_.burst
        apart = np.abs(self._days[rows][:, None] - self._days[columns][None, :])
        table *= np.exp2(-apart / set_.half_days)
        table *= _factor(self._places, rows, columns, set_.other_place)
        table *= _factor(self._categories, rows, columns, set_.other_category)
        areas = self._areas
        known = (areas[rows][:, None] >= 0) & (areas[columns][None, :] >= 0)
        table[known & (areas[rows][:, None] != areas[columns][None, :])] = 0.0
        same = self._same
        table[(same[rows][:, None] >= 0) & (same[rows][:, None] == same[columns][None, :])] = 1.0
        return table

    def within(self, part: Table) -> Table:
        """Every pair's likeness in a part. What a person joined is as like others as the likest of them."""
        table, same = self.between(part, part), self._same[part]
        names, counts = np.unique(same[same >= 0], return_counts=True)
        for one in names[counts > 1]:
            members = np.flatnonzero(same == one)
            table[members] = table[members].max(axis=0)
            table[:, members] = table[:, members].max(axis=1)[:, None]
        return table


LEAST_IN_BURST, CHANCE = 6, 1e-6


def _bursts(messages: Sequence[Message], days: float) -> Table:
    """The number of the category and area in which a message is part of a burst; −1 for most. In order of days."""
    found = np.full(len(messages), -1)
    alike: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, message in enumerate(messages):
        if message.category and message.area:
            alike[message.category, message.area].append(number)
    span = max((m.day for m in messages), default=0.0) - min((m.day for m in messages), default=0.0)
    for name, members in enumerate(alike.values()):
        at = np.array([messages[n].day for n in members])
        near = np.searchsorted(at, at + days, "right") - np.searchsorted(at, at - days, "left")
        expected = 2 * days * len(members) / max(span, 4 * days)
        is_burst = (near >= LEAST_IN_BURST) & (poisson.sf(near - 1, expected) < CHANCE)
        found[np.array(members)[is_burst]] = name
    return found


def _factor(numbers: Table, rows: Table, columns: Table, other: float) -> Table:
    """One where both are the same or neither is known."""
    return np.where(numbers[rows][:, None] == numbers[columns][None, :], 1.0, other)


def _numbers(names: Iterable[str]) -> Table:
    """The same number for the same name; −1 for none."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(name, len(known)) if name else -1 for name in names])


def _runs(text: str, lengths: Iterable[int]) -> Counter[str]:
    return Counter(text[n : n + length] for length in lengths for n in range(len(text) - length + 1))


def _weighed(counted: Sequence[Counter[str]], *, most: float, least: int = 1) -> Matrix:
    """TF-IDF rows of length one, over what at least so many and at most this share of the messages say."""
    seen: Counter[str] = Counter(gram for counts in counted for gram in counts)
    top = max(most * len(counted), least + 1)
    columns = {gram: number for number, gram in enumerate(g for g, count in seen.items() if least <= count <= top)}
    indices, values, starts = list[int](), list[float](), [0]
    for counts in counted:
        row = [
            (columns[gram], (1 + math.log(count)) * (1 + math.log(len(counted) / seen[gram])))
            for gram, count in counts.items()
            if gram in columns
        ]
        length = math.sqrt(sum(value * value for _column, value in row)) or 1.0
        indices += [column for column, _value in row]
        values += [value / length for _column, value in row]
        starts.append(len(indices))
    return csr_matrix((values, indices, starts), shape=(len(counted), max(len(columns), 1)))


# groups --------------------------------------------------------------------------------------------------------------


def _members(alike: _Likeness) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for part in _parts(alike):
        found += _linked(alike, part)
    return found


def _parts(alike: _Likeness) -> list[Table]:
    """The connected parts of the graph of pairs that are alike enough."""
    everyone, one, other = np.arange(alike.count), list[Table](), list[Table]()
    for first in range(0, alike.count, ROWS):
        rows = everyone[first : first + ROWS]
        left, right = np.nonzero(alike.between(rows, everyone) >= alike.settings.alike)
        one.append(left + first)
        other.append(right)
    left, right = np.concatenate(one), np.concatenate(other)
    graph = csr_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(alike.count, alike.count))
    _count, labels = connected_components(graph, directed=False)
    by_part: defaultdict[int, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        by_part[int(label)].append(number)
    return [np.array(part) for part in by_part.values()]


def _linked(alike: _Likeness, part: Table) -> list[tuple[int, ...]]:
    if len(part) == 1:
        return [(int(part[0]),)]
    table = 1.0 - alike.within(part)
    distances = np.clip(table[np.triu_indices(len(part), 1)], 0.0, 1.0).round(9)
    labels = fcluster(linkage(distances, "average"), 1.0 - alike.settings.alike, "distance")
    by_label: defaultdict[int, list[int]] = defaultdict(list)
    for number, label in zip(part, labels, strict=True):
        by_label[int(label)].append(int(number))
    return [tuple(members) for members in by_label.values()]


# phrases -------------------------------------------------------------------------------------------------------------


LENGTHS = (10, 9, 8, 7, 6, 5, 4, 3, 2)
MOST_PHRASES = 4
NEARLY_ALL = 0.6


class _Phrases:
    """What a group says and others do not."""

    def __init__(self, said: Sequence[Sequence[str]]) -> None:
        self._grams = [frozenset(gram for part in parts for gram in _runs(part, LENGTHS)) for parts in said]
        self._seen = Counter(gram for grams in self._grams for gram in grams)

    def of(self, members: Sequence[int]) -> tuple[str, ...]:
        """Runs of two to ten characters that at least three and a sixth of the members say, the most telling first.

        What they do not say more often than all messages do tells nothing, unless they are nearly all.
        """
        least = max(min(3, len(members)), math.ceil(len(members) / 6))
        inside = Counter(gram for n in members for gram in self._grams[n])
        share = len(members) / len(self._grams)
        lift = 1.5 * share if share < NEARLY_ALL else 0.0
        telling = {
            gram: count * math.log(1 + len(self._grams) / self._seen[gram]) * math.sqrt(len(gram))
            for gram, count in inside.items()
            if count >= least and count >= lift * self._seen[gram]
        }
        chosen: list[str] = []
        for gram in sorted(telling, key=lambda gram: (-telling[gram], gram)):
            if not any(_overlaps(gram, other) for other in chosen):
                chosen.append(gram)
            if len(chosen) == MOST_PHRASES:
                break
        return tuple(chosen)


def _overlaps(one: str, other: str) -> bool:
    """Whether they share a pair of characters: then one is a piece of the other, or both of one longer run."""
    return any(one[n : n + 2] in other for n in range(len(one) - 1))
