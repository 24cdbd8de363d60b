"""What became of each place between two editions of a tree of places: kept, renamed, moved, or to be asked about.

Problem: every few years streets are cut anew; communities get another code with their new street, villages become communities,
some are merged away. Figures, duties and cells of the old codes must find their new ones, and nobody has the whole list.
Method: a place with its code and its name in both editions is kept. Of the others, those whose name (without the word for its
kind) and kind stand once on either side are the same place, moved or recoded; where several share them, the same parent
decides. What is left is paired by likeness of names, likest first, a little rather within the parent, or the one to which
most of the old parent's places went; such pairs, and villages that became communities, are marked for a person to decide. So is
what remains: a place that is gone went into another, which no name tells; what is new in its parent or its heir is suggested.
Source: Dice's coefficient as in kernels.likeness; 统计用区划代码 (National Bureau of Statistics), in which a community's twelve
figures begin with its street's nine, so that a community that changes its street changes its code.
Cost: O(n log n + r a) for r codes that went and a that came.
Guarantee: each old and each new code stands in at most one pair; the same editions in any order give the same answer; a pair is
called sure only by its code or by its whole name.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pianqu.kernels.gazetteer import stem
from pianqu.kernels.likeness import alike, clauses
from pianqu.kernels.saying import Said

ASK = 0.5
"""From this likeness on, a pair is proposed."""
SAME_PARENT = 0.1
SUGGESTIONS = 3
_KINDS = (
    ("村", ("村委会", "村民委员会", "村")),
    ("居", ("居委会", "居民委员会", "社区")),
    ("街", ("街道", "街道办事处", "镇", "乡")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of one edition. `parent` is the code of the place to which it belongs."""

    code: str
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a place. `how`: renamed (same code), moved (another parent), recoded (same parent), alike (a proposal),
    gone, new. What is not `sure` is for a person to decide; `others` are further new codes that it may be, likest first."""

    how: str
    old: str = ""
    new: str = ""
    sure: bool
    likeness: float = 0.0
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two editions side by side. `kept` have the same code and name in both."""

    kept: tuple[str, ...]
    changes: tuple[Change, ...]

    def asked(self) -> tuple[Change, ...]:
        """What a person must decide."""
        return tuple(change for change in self.changes if not change.sure)

    def codes(self) -> dict[str, str]:
        """Old code → new code, as far as it is sure."""
        pairs = {change.old: change.new for change in self.changes if change.sure and change.old and change.new}
        return {code: code for code in self.kept} | pairs


def compared(old: Iterable[Place], new: Iterable[Place], *, most_pairs: int = 0) -> Compared:
    """What became of the old edition's places in the new one. Raises Said where a code stands twice in one edition, and where
    more than `most_pairs` names would have to be held against one another (0: however many)."""
    before, after = _by_code(old), _by_code(new)
    both = sorted(before.keys() & after.keys())
    kept = tuple(code for code in both if _named(before[code]) == _named(after[code]))
    changes = [_same_code(before[code], after[code]) for code in sorted(set(both) - set(kept))]
    gone = {code: before[code] for code in sorted(before.keys() - after.keys())}
    came = {code: after[code] for code in sorted(after.keys() - before.keys())}
    changes += _same_name(gone, came)
    if most_pairs and len(gone) * len(came) > most_pairs:
        raise Said("%(old)s old and %(new)s new places have no counterpart", old=len(gone), new=len(came))
    heirs = _heirs(before, after, changes)
    changes += _alike(gone, came, heirs)
    changes += [_gone(place, came, heirs) for place in gone.values()]
    changes += [Change(how="new", new=code, sure=True) for code in came]
    return Compared(kept=kept, changes=tuple(sorted(changes, key=lambda one: (one.old or one.new, one.new))))


def _by_code(places: Iterable[Place]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for place in places:
        if found.setdefault(place.code, place) is not place:
            raise Said("the code %(code)s stands twice in one edition", code=place.code)
    return found


def kind_of(name: str) -> str:
    """The kind that a name tells: 村 village, 居 community, 街 street or town; empty if it tells none."""
    plain = "".join(name.split())
    found = [(len(end), kind) for kind, ends in _KINDS for end in ends if plain.endswith(end)]
    return max(found)[1] if found else ""


def _named(place: Place) -> tuple[str, str]:
    return stem(place.name), kind_of(place.name)


def _same_code(before: Place, after: Place) -> Change:
    """A code that stayed with another name: renamed, or given to another place."""
    likeness = _likeness(before, after)
    return Change(how="renamed", old=before.code, new=after.code, sure=likeness >= ASK, likeness=likeness)


def _likeness(one: Place, other: Place) -> float:
    return alike(_clauses(one.name), _clauses(other.name))


@lru_cache(maxsize=20_000)
def _clauses(name: str) -> tuple[str, ...]:
    return tuple(clauses(stem(name)))


def _same_name(gone: dict[str, Place], came: dict[str, Place]) -> list[Change]:
    """Pairs with one name and kind that are the only such pair, in one parent or in all; they leave both tables."""
    found = []
    for within in (True, False):
        one, other = _grouped(gone, within=within), _grouped(came, within=within)
        for name in sorted(one.keys() & other.keys()):
            if len(one[name]) == len(other[name]) == 1:
                before, after = gone.pop(one[name][0]), came.pop(other[name][0])
                how = "recoded" if before.parent == after.parent else "moved"
                found.append(Change(how=how, old=before.code, new=after.code, sure=True, likeness=1.0))
    return found


def _grouped(places: Mapping[str, Place], *, within: bool) -> Mapping[tuple[str, ...], list[str]]:
    found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for code, place in places.items():
        found[(*_named(place), place.parent if within else "")].append(code)
    return found


def _heirs(before: Mapping[str, Place], after: Mapping[str, Place], changes: Iterable[Change]) -> dict[str, str]:
    """For each old parent the new one to which most of its places that left it went."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        if change.sure and change.old and change.new:
            here, there = before[change.old].parent, after[change.new].parent
            if here != there:
                votes[here][there] += 1
    return {parent: min(count, key=lambda heir: (-count[heir], heir)) for parent, count in votes.items()}


def _alike(gone: dict[str, Place], came: dict[str, Place], heirs: Mapping[str, str]) -> list[Change]:
    """Proposals by likeness of names, likest first; they leave both tables."""
    scored: list[tuple[float, str, str, float]] = []
    for before in gone.values():
        for after in came.values():
            likeness = _likeness(before, after)
            if likeness >= ASK:
                near = SAME_PARENT if _is_near(before, after, heirs) else 0.0
                scored.append((-(likeness + near), before.code, after.code, likeness))
    scored.sort()
    found = []
    for _score, old, new, likeness in scored:
        if old in gone and new in came:
            others = [other for _, one, other, _ in scored if one == old and other != new]
            found.append(
                Change(how="alike", old=old, new=new, sure=False, likeness=likeness, others=tuple(others[:SUGGESTIONS]))
            )
            del gone[old], came[new]
    return found


def _is_near(before: Place, after: Place, heirs: Mapping[str, str]) -> bool:
    """Whether a new place lies where the old one was."""
    return after.parent in {before.parent, heirs.get(before.parent)}


def _gone(before: Place, came: Mapping[str, Place], heirs: Mapping[str, str]) -> Change:
    """A place without a counterpart, with what is new where it was."""
    near = [(-_likeness(before, after), code) for code, after in came.items() if _is_near(before, after, heirs)]
    return Change(how="gone", old=before.code, sure=False, others=tuple(code for _, code in sorted(near)[:SUGGESTIONS]))
