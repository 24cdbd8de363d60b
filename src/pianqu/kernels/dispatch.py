"""Ordered rules that suggest who answers for a matter, and what is wrong with a list of them.

Problem: a centre writes down, as an ordered list, to whom matters of which kind go: by category, area, cell, channel, hour,
weekday, words, and by who gave the matter back. The first rule that fits decides. Long lists rot: a rule stands where an
earlier one takes everything from it, two rules want different things of the same matter, a rule sends a matter back to where
it came from.
Method: a rule is a box, the product of one finite set for each condition. Whether earlier rules leave anything of it is found
by taking them away from it one after the other, each time splitting what is left into disjoint boxes (first-fit coverage of
packet filters: E. Al-Shaer, H. Hamed, Discovery of policy anomalies in distributed firewalls, INFOCOM 2004; splitting as in
cube subtraction of two-level logic, R. Brayton et al., Logic Minimization Algorithms, 1984). Areas are prefixes of codes, so
their atoms are the prefixes that any rule names, and "elsewhere". Words mean "any of these occurs": a text that is just one of
a rule's phrases is the text that the fewest other rules fit, so that each phrase alone stands for all texts with it. In the
same way a rule is tried with a matter that nobody gave back, or that just one of those gave back whom it names.
Circles: edges lead from who gave back to whom a rule then sends the matter, where the boxes of the rules on the way have a
matter in common; and from who waits to what it waits for. Depth-first search finds one.
Cost: deciding is O(rules x conditions); checking is O(n) boxes for each rule in practice, exponential in the worst case and
therefore bounded by MOST boxes, beyond which a rule is called undecided, never wrongly unreachable.
Guarantee: a rule is called unreachable exactly when no matter comes to it (tests compare with every matter of small worlds).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

DAY = 1_440
"""Minutes."""
MOST = 20_000
"""Boxes into which what is left of one rule may be split."""
CONDITIONS = ("categories", "areas", "cells", "channels", "weekdays", "minutes", "words", "returned_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Conditions, each empty where it does not matter, and what then is suggested."""

    code: str
    categories: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    """Beginnings of place codes."""
    cells: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    """0 is Monday."""
    minutes: tuple[int, int] | None = None
    """From and before which minute of the day; the second may lie after midnight, before the first."""
    words: tuple[str, ...] = ()
    """Any of these occurs, in letters of either case."""
    returned_by: frozenset[str] = frozenset()
    """Any of these gave the matter back."""
    lead: str = ""
    """Who leads; empty where the template says so."""
    helpers: tuple[str, ...] = ()
    template: str = ""
    nature: str = ""
    automatic: bool = False

    @property
    def outcome(self) -> tuple[object, ...]:
        return (self.lead, self.helpers, self.template, self.nature, self.automatic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What rules look at."""

    category: str
    place: str = ""
    cell: str = ""
    channel: str = ""
    weekday: int = 0
    minute: int = 0
    text: str = ""
    returned_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """The first rule that fits, by its place from 0, and the words of it that occur; None where none fits."""

    rule: Rule | None
    place: int = -1
    words: tuple[str, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()
    """Rules before it, each with the first condition that does not hold, or `gave-back`."""


def failing(rule: Rule, matter: Matter) -> str:
    """The first condition that it does not meet; `gave-back` where it would go back to whom it came from; empty: it fits."""
    tests = (
        ("categories", not rule.categories or matter.category in rule.categories),
        ("areas", not rule.areas or matter.place.startswith(tuple(rule.areas))),
        ("cells", not rule.cells or matter.cell in rule.cells),
        ("channels", not rule.channels or matter.channel in rule.channels),
        ("weekdays", not rule.weekdays or matter.weekday in rule.weekdays),
        ("minutes", rule.minutes is None or within(matter.minute, rule.minutes)),
        ("words", not rule.words or bool(spoken(rule.words, matter.text))),
        ("returned_by", not rule.returned_by or bool(rule.returned_by & matter.returned_by)),
        ("gave-back", rule.lead not in matter.returned_by),
    )
    return next((name for name, holds in tests if not holds), "")


def within(minute: int, span: tuple[int, int]) -> bool:
    """Whether a minute of the day lies in the span, which may go over midnight."""
    first, end = span
    return first <= minute < end if first < end else minute >= first or minute < end


def spoken(words: Iterable[str], text: str) -> tuple[str, ...]:
    """Those that occur in the text."""
    folded = text.casefold()
    return tuple(word for word in words if word.casefold() in folded)


def decide(rules: Sequence[Rule], matter: Matter) -> Decision:
    """The first rule that fits. None sends a matter to an organisation that gave it back, whatever its conditions say."""
    passed: list[tuple[str, str]] = []
    for place, rule in enumerate(rules):
        why = failing(rule, matter)
        if not why:
            return Decision(rule, place, spoken(rule.words, matter.text), tuple(passed))
        passed.append((rule.code, why))
    return Decision(None, passed=tuple(passed))


# what is wrong with a list -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind`: `unreachable` (earlier rules take everything), `contradicts` (the same, and they want something else), `empty`
    (its own conditions exclude each other), `loops`, `circle` (templates), `twice` (a code, or an organisation that leads and
    helps), `nobody` (neither lead nor template), `undecided`."""

    kind: str
    code: str
    others: tuple[str, ...] = ()
    """Rules or organisations that it is about, in their order."""

    @property
    def is_grave(self) -> bool:
        """Whether the list cannot be put in force with it."""
        return self.kind not in ("unreachable", "undecided")


def faults(rules: Sequence[Rule], templates: Mapping[str, Sequence[str]] | None = None) -> tuple[Fault, ...]:
    """Everything that is wrong, in the order of the rules. `templates`: each with the templates that it names."""
    found: list[Fault] = []
    world = _World(rules)
    seen: dict[str, int] = {}
    for place, rule in enumerate(rules):
        if rule.code in seen:
            found.append(Fault("twice", rule.code))
        seen[rule.code] = place
        found += _alone(rule)
        found += world.shadowed(place)
    found += _loops(rules, world)
    if ring := circle(templates or {}):
        found.append(Fault("circle", ring[0], tuple(ring)))
    return tuple(found)


def _alone(rule: Rule) -> Iterator[Fault]:
    if not rule.lead and not rule.template:
        yield Fault("nobody", rule.code)
    if rule.lead in rule.helpers or len(set(rule.helpers)) < len(rule.helpers):
        yield Fault("twice", rule.code, (rule.lead,) if rule.lead in rule.helpers else ())
    if rule.minutes is not None and rule.minutes[0] == rule.minutes[1]:
        yield Fault("empty", rule.code)


Box = tuple[frozenset[object], ...]
_ELSE = ""


@dataclass(slots=True)
class _World:
    """The atoms of every condition that some rule makes, and the rules as boxes of atoms."""

    rules: Sequence[Rule]
    boxes: list[Box] = field(default_factory=list)
    _cuts: Sequence[int] = ()
    _areas: Sequence[str] = ()
    _all: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = self.rules
        self._cuts = sorted({0, *(edge % DAY for rule in rules if rule.minutes for edge in rule.minutes)})
        self._areas = sorted({area for rule in rules for area in rule.areas})
        self._all = {
            name: frozenset({_ELSE, *(value for rule in rules for value in getattr(rule, name))})
            for name in ("categories", "cells", "channels")
        }
        self.boxes = [self._box(rule) for rule in rules]

    def _box(self, rule: Rule) -> Box:
        areas: frozenset[object] = frozenset(
            a for a in (*self._areas, _ELSE) if not rule.areas or (a and a.startswith(tuple(rule.areas)))
        )
        minutes: frozenset[object] = frozenset(
            cut for cut in self._cuts if rule.minutes is None or within(cut, rule.minutes)
        )
        sets = {name: frozenset(getattr(rule, name)) or every for name, every in self._all.items()}
        days: frozenset[object] = frozenset(rule.weekdays or range(7))
        return (
            frozenset(sets["categories"]),
            areas,
            frozenset(sets["cells"]),
            frozenset(sets["channels"]),
            days,
            minutes,
        )

    def common(self, places: Iterable[int]) -> bool:
        """Whether some matter meets all these rules, whoever gave it back: any words can stand together in one text."""
        left: Box | None = None
        for place in places:
            box = self.boxes[place]
            left = box if left is None else tuple(a & b for a, b in zip(left, box, strict=True))
        return left is not None and all(left)

    def shadowed(self, place: int) -> Iterator[Fault]:
        """Whether earlier rules take everything of this one."""
        rule, box = self.rules[place], self.boxes[place]
        backs = sorted(rule.returned_by - {rule.lead}) if rule.returned_by else [None]
        if not backs or (rule.minutes and rule.minutes[0] == rule.minutes[1]):
            return
        taken: set[int] = set()
        for text, back in product(rule.words or (None,), backs):
            before = [n for n in range(place) if _fits(self.rules[n], text, back)]
            free = _free(box, [(n, self.boxes[n]) for n in before], taken)
            if free is None:
                yield Fault("undecided", rule.code)
            if free is not False:
                return
        others = [self.rules[n] for n in sorted(taken)]
        kind = "contradicts" if any(one.outcome != rule.outcome for one in others) else "unreachable"
        kind = kind if _same_conditions(rule, others) else "unreachable"
        yield Fault(kind, rule.code, tuple(one.code for one in others))


def _fits(rule: Rule, text: str | None, back: str | None) -> bool:
    """Whether an earlier rule takes a text of which only this phrase is known, of a matter that this one alone gave back."""
    says = not rule.words or (text is not None and bool(spoken(rule.words, text)))
    return says and (not rule.returned_by or back in rule.returned_by) and (back is None or rule.lead != back)


def _same_conditions(rule: Rule, others: Sequence[Rule]) -> bool:
    """Whether one of them says exactly the same of when it applies."""
    return any(all(getattr(rule, name) == getattr(one, name) for name in CONDITIONS) for one in others)


def _free(box: Box, others: Sequence[tuple[int, Box]], taken: set[int]) -> bool | None:
    """Whether the others leave anything of the box; None where that takes too long. `taken`: those that take something."""
    stack, made = [(box, 0)], 0
    while stack:
        left, at = stack.pop()
        while at < len(others) and not _meets(left, others[at][1]):
            at += 1
        if at == len(others):
            return True
        number, other = others[at]
        taken.add(number)
        for axis, (mine, its) in enumerate(zip(left, other, strict=True)):
            if outside := mine - its:
                stack.append(((*left[:axis], outside, *left[axis + 1 :]), at + 1))
                made += 1
            left = (*left[:axis], mine & its, *left[axis + 1 :])
        if made > MOST:
            return None
    return False


def _meets(one: Box, other: Box) -> bool:
    return all(not a.isdisjoint(b) for a, b in zip(one, other, strict=True))


def _loops(rules: Sequence[Rule], world: _World) -> Iterator[Fault]:
    """Rules that send a matter back to who gave it back, and those that together lead it round in a circle."""
    told: set[frozenset[str]] = set()
    for place, rule in enumerate(rules):
        if rule.lead and rule.lead in rule.returned_by:
            yield Fault("loops", rule.code, (rule.lead,))
            continue
        way = _way(rules, world, [place])
        if way and (names := frozenset(rules[n].code for n in way)) not in told:
            told.add(names)
            yield Fault("loops", rule.code, tuple(rules[n].code for n in way))


def _way(rules: Sequence[Rule], world: _World, way: list[int]) -> list[int]:
    """Rules one after the other, each for matters that the one before sent and got back, until the first gets its own again."""
    last, first = rules[way[-1]], rules[way[0]]
    if len(way) > 1 and last.lead in first.returned_by:
        return way
    for n, rule in enumerate(rules):
        if (
            n not in way
            and rule.lead
            and rule.lead not in rule.returned_by
            and first.returned_by
            and last.lead in rule.returned_by
            and world.common([*way, n])
            and (found := _way(rules, world, [*way, n]))
        ):
            return found
    return []


def circle(waits: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Names that wait for each other in a circle, the first one again at the end; empty for none. O(names + edges)."""
    done: set[str] = set()
    for start in sorted(waits):
        way: dict[str, None] = {}
        stack: list[tuple[str, Iterator[str]]] = []
        node: str | None = start
        while node is not None or stack:
            if node is not None:
                if node in way:
                    names = list(way)
                    return (*names[names.index(node) :], node)
                if node not in done:
                    way[node] = None
                    stack.append((node, iter(sorted(waits.get(node, ())))))
            if not stack:
                break
            node = next(stack[-1][1], None)
            if node is None:
                finished, _rest = stack.pop()
                way.pop(finished)
                done.add(finished)
    return ()
