"""Which matters say the same: candidates from an inverted index, then what two texts have in common, letter by letter.

Problem: a new report is to be compared with ten thousand open ones while its writer waits, in Chinese and in English, though
letters are missing or swapped, clauses stand in another order, a greeting was put before and the place has another name.
Method: a text is folded, rid of greetings and cut into clauses. An index keeps the pairs of neighbouring characters as whole
numbers (`keys`). A question reads the postings of its rarest pairs first, until `READ` of them were read (`rarest`; rarity as
in Spärck Jones, A statistical interpretation of term specificity, 1972, 10.1108/eb026526), and the FURTHER best are read whole
and compared (`alike`): Dice's coefficient (Dice, Measures of the amount of ecologic association between species, 1945,
10.2307/1932409) of the characters, pairs of letters for scripts with few signs, and of unordered pairs at most two apart, which
outlive swapped and missing letters (skip-grams: Guthrie et al., A closer look at skip-gram modelling, LREC 2006). Clauses that
stand in a fifth of all texts say nothing and are left out. Place, category and time raise or lower the figure (`weighed`).
Where a text has more pairs than MOST, those with the least keys are kept, in question and index alike (Broder, On the
resemblance and containment of documents, 1997, 10.1109/SEQUEN.1997.666900: coordinated samples).
Cost: O(length) for a text; a question reads at most READ postings beside one key's, whatever the index holds.
Guarantee: the same texts give the same figures everywhere and at any time; a text is like itself with 1, like one without a
common letter with 0, and likeness is symmetrical.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from pianqu.kernels import bigrams

MOST = 96
"""So many pairs of one text are kept in an index."""
READ = 4_000
"""So many postings a question reads."""
FURTHER = 40
"""So many candidates are compared exactly."""
HINT = 0.65
"""From here on somebody is asked whether it is the same (measured by `pianqu bench duplicates`)."""
SHARE = 0.7
"""The share of single letters; the rest is their neighbours'."""
FEW, COMMON = 50, 0.2
"""From so many texts on, a clause that stands in this share of them tells nothing."""
HALF_LIFE_DAYS = 60.0
NEAR, FAR = 150.0, 1_500.0
"""Metres within which two points are one place, and beyond which they are none."""

POLITE = r"尊敬的(?:领导|书记|市长|区长|主任)们?|各位领导|领导(?:您|你)?好|(?:您|你)们?好|请问一下|谢谢(?:您|你)?"
"""Greetings and thanks, as part of a pattern."""
_GREETING = re.compile(
    rf"{POLITE}|麻烦(?:您|你)们?|"
    r"dear (?:sir|madam|sirs)|\bhello\b|good (?:morning|afternoon)|thank you"
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_RUNS = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_CLAUSES = re.compile(r"[^\w]+|_+")


def clauses(text: str) -> list[str]:
    """The text's clauses, folded, without greetings and signs between words."""
    folded = bigrams.fold(text)
    return [piece for piece in _CLAUSES.split(_GREETING.sub(" ", folded)) if piece]


def letters(pieces: Iterable[str]) -> Counter[str]:
    """What is counted of the clauses: characters of scripts that have thousands, pairs of letters of the others."""
    found: Counter[str] = Counter()
    for piece in pieces:
        for run in _RUNS.findall(piece):
            if _HAN.match(run) or len(run) == 1:
                found[run] += 1
            else:
                found.update(run[at : at + 2] for at in range(len(run) - 1))
    return found


def skips(pieces: Iterable[str]) -> Counter[str]:
    """Pairs of characters at most two apart, in either order."""
    found: Counter[str] = Counter()
    for piece in pieces:
        for apart in (1, 2):
            found.update("".join(sorted((one, piece[at + apart]))) for at, one in enumerate(piece[:-apart]))
    return found


def keys(text: str) -> tuple[int, ...]:
    """A text's pairs of neighbours as whole numbers for an index, ascending; at most MOST."""
    pieces = clauses(text)
    pairs = {piece[at : at + 2] for piece in pieces for at in range(max(1, len(piece) - 1))}
    return tuple(sorted(map(key, pairs))[:MOST])


def key(gram: str) -> int:
    """A gram as a number that every database keeps in four bytes (signed)."""
    return crc32(gram.encode("utf-8", "surrogatepass")) - 2**31


def rarest(held: Mapping[int, int], *, read: int = READ) -> tuple[int, ...]:
    """Which keys to read, the rarest first, until `read` postings are read. `held`: how many texts have each key."""
    chosen: list[int] = []
    left = read
    for one, count in sorted(held.items(), key=lambda pair: (pair[1], pair[0])):
        if chosen and count > left:
            break
        chosen.append(one)
        left -= count
    return tuple(chosen)


def rarity(held: int, texts: int) -> float:
    """How much a gram tells: the rarer, the more (smoothed inverse document frequency)."""
    return math.log((1 + texts) / (1 + held)) + 1.0


def first(
    postings: Iterable[tuple[int, int]], held: Mapping[int, int], texts: int, *, size: int = FURTHER
) -> list[int]:
    """The texts with the most telling keys in common with the question, best first. `postings`: key, number of a text."""
    scores: dict[int, float] = {}
    for one, text in postings:
        scores[text] = scores.get(text, 0.0) + rarity(held.get(one, 0), texts)
    return sorted(scores, key=lambda text: (-scores[text], text))[:size]


def telling(text: str, held: Mapping[int, int], texts: int) -> list[str]:
    """The clauses of a text without those that stand in a fifth of all texts. All of them where few texts are known."""
    pieces = clauses(text)
    if texts < FEW:
        return pieces
    common = texts * COMMON
    kept = [piece for piece in pieces if any(held.get(one, 0) < common for one in keys(piece))]
    return kept or pieces


def alike(asked: Sequence[str], other: Sequence[str]) -> float:
    """How much two texts, given by their clauses, have in common: 0 to 1."""
    return SHARE * _dice(letters(asked), letters(other)) + (1 - SHARE) * _dice(skips(asked), skips(other))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    both = one.total() + other.total()
    return 2 * sum(min(count, other[gram]) for gram, count in one.items() if gram in other) / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known of two matters beside their words. None where it is not known of both."""

    metres: float | None = None
    same_community: bool | None = None
    same_category: bool | None = None
    days: float = 0.0


def weighed(words: float, beside: Beside) -> float:
    """Likeness of words, raised or lowered by place, category and time. What is not known changes nothing."""
    return max(0.0, min(1.0, words * _place(beside) * _category(beside) * _time(beside)))


def _place(beside: Beside) -> float:
    if beside.metres is not None:
        if beside.metres <= NEAR:
            return 1.35
        return 1.0 if beside.metres <= FAR else 0.6
    if beside.same_community is None:
        return 1.0
    return 1.15 if beside.same_community else 0.75


def _category(beside: Beside) -> float:
    if beside.same_category is None:
        return 1.0
    return 1.1 if beside.same_category else 0.9


def _time(beside: Beside) -> float:
    return 0.75 + 0.25 * math.pow(0.5, abs(beside.days) / HALF_LIFE_DAYS)


def shared(asked: str, other: str, *, most: int = 3) -> tuple[str, ...]:
    """The longest pieces of at least two characters that both texts have, longest first, none inside of another."""
    theirs = clauses(other)
    found: list[str] = []
    for piece in clauses(asked):
        found += _common(piece, theirs)
    kept: list[str] = []
    for piece in sorted(set(found), key=lambda one: (-len(one), one)):
        if not any(piece in one for one in kept):
            kept.append(piece)
    return tuple(kept[:most])


def _common(piece: str, theirs: Sequence[str]) -> list[str]:
    """Greedily, from each position the longest piece that the others have too."""
    found, at = [], 0
    while at < len(piece) - 1:
        end = at + 2
        if not any(piece[at:end] in other for other in theirs):
            at += 1
            continue
        while end < len(piece) and any(piece[at : end + 1] in other for other in theirs):
            end += 1
        found.append(piece[at:end].strip())
        at = end
    return [one for one in found if len(one) > 1]
