"""A sample that can be drawn again: who knows the seed and the list draws the same things.

Problem: choose `count` of the given names so that every set of that size is equally likely, nobody can choose which, and an
auditor who is told the seed afterwards finds the same ones, in whatever order the list stands.
Method: the names with the smallest SHA-256(seed, name): a bottom-k sample (E. Cohen and H. Kaplan, "Summarizing data using
bottom-k sketches", PODC 2007, 225-234), with a keyed hash in place of random ranks. Cost O(n log n).
Guarantee: uniform without replacement as far as SHA-256 behaves like a random function; adding a name to the list changes at
most one of the drawn ones.
"""

from collections.abc import Collection
from hashlib import sha256


def draw(names: Collection[str], count: int, *, seed: str) -> tuple[str, ...]:
    """So many of the names, or all where there are no more, in the order of their ranks. A name given twice counts once.

    Raises ValueError for a negative count or an empty seed.
    """
    if count < 0 or not seed:
        raise ValueError("a draw needs a count of at least 0 and a seed")
    return tuple(sorted(set(names), key=lambda name: (rank(name, seed=seed), name))[:count])


def rank(name: str, *, seed: str) -> bytes:
    """By what a name is ordered. Lengths are said, so that no seed and name run into each other."""
    key = seed.encode()
    return sha256(len(key).to_bytes(4, "big") + key + name.encode()).digest()


def share_of(population: int, percent: int, *, least: int, most: int) -> int:
    """How many are drawn of a population: so many per cent rounded up, at least `least` and at most `most`."""
    return min(population, most, max(least, -(-population * percent // 100)))
