"""The first rule that fits decides; what is wrong with a list, compared with every matter of small worlds."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.dispatch import Matter, Rule, circle, decide, failing, faults, within

CATEGORIES, AREAS, WORDS, LEADS = ("roads", "noise"), ("33", "3302", "3303"), ("灯", "路灯", "Noise"), ("a", "b", "c")
PLACES, TEXTS, MINUTES = ("33", "3302", "3303", "44"), ("", *WORDS), (0, 400, 700, 1300)

RULES = st.builds(
    Rule,
    code=st.just("x"),
    categories=st.frozensets(st.sampled_from(CATEGORIES)),
    areas=st.frozensets(st.sampled_from(AREAS), max_size=2),
    minutes=st.sampled_from((None, (400, 700), (1300, 400), (0, 700))),
    words=st.lists(st.sampled_from(WORDS), max_size=2, unique=True).map(tuple),
    returned_by=st.frozensets(st.sampled_from(LEADS), max_size=2),
    lead=st.sampled_from(LEADS),
)
LISTS = st.lists(RULES, max_size=5).map(lambda rules: [_named(rule, f"r{n}") for n, rule in enumerate(rules)])


def _named(rule: Rule, code: str) -> Rule:
    return Rule(**{name: getattr(rule, name) for name in Rule.__dataclass_fields__ if name != "code"}, code=code)


def fits(rule: Rule, matter: Matter) -> bool:
    """The conditions said once more, plainly."""
    return (
        (not rule.categories or matter.category in rule.categories)
        and (not rule.areas or any(matter.place.startswith(area) for area in rule.areas))
        and (rule.minutes is None or within(matter.minute, rule.minutes))
        and (not rule.words or any(word.casefold() in matter.text.casefold() for word in rule.words))
        and (not rule.returned_by or bool(rule.returned_by & matter.returned_by))
        and rule.lead not in matter.returned_by
    )


def worlds(rule: Rule) -> list[Matter]:
    """Every matter that nobody gave back, or that one of those gave back whom the rule names."""
    backs = [frozenset({one}) for one in sorted(rule.returned_by)] or [frozenset()]
    return [
        Matter(category=category, place=place, text=text, minute=minute, returned_by=back)
        for category, place, text, minute, back in product((*CATEGORIES, "other"), PLACES, TEXTS, MINUTES, backs)
    ]


@given(LISTS, st.data())
def test_the_first_that_fits_decides(rules: list[Rule], data: st.DataObject) -> None:
    matter = Matter(
        category=data.draw(st.sampled_from(CATEGORIES)),
        place=data.draw(st.sampled_from(PLACES)),
        text=data.draw(st.sampled_from(TEXTS)),
        minute=data.draw(st.sampled_from(MINUTES)),
        returned_by=data.draw(st.frozensets(st.sampled_from(LEADS))),
    )
    decision = decide(rules, matter)
    first = next((n for n, rule in enumerate(rules) if fits(rule, matter)), -1)
    assert decision.place == first
    assert [code for code, _why in decision.passed] == [rule.code for rule in rules[: first if first >= 0 else None]]
    assert all(failing(rule, matter) == why for rule, (_code, why) in zip(rules, decision.passed, strict=False))
    assert decision.rule is None or decision.rule.lead not in matter.returned_by, "never back to where it came from"


@given(LISTS)
def test_a_rule_is_called_unreachable_exactly_when_no_matter_comes_to_it(rules: list[Rule]) -> None:
    told = {fault.code: fault for fault in faults(rules) if fault.kind in ("unreachable", "contradicts")}
    for n, rule in enumerate(rules):
        if rule.returned_by == {rule.lead}:
            continue  # it loops
        mine = [matter for matter in worlds(rule) if fits(rule, matter)]
        reached = any(decide(rules, matter).place == n for matter in mine)
        assert (rule.code in told) == (not reached)
        if not reached:
            named = [one for one in rules[:n] if one.code in told[rule.code].others]
            assert all(any(fits(one, matter) for one in named) for matter in mine), "these alone take everything"


def _rule(code: str = "r", **own: object) -> Rule:
    return Rule(**{"code": code, "lead": "a", **own})  # type: ignore[arg-type]


def _kinds(*rules: Rule) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(fault.kind, fault.code, fault.others) for fault in faults(rules)]


def test_what_is_wrong_is_named_with_what_it_is_wrong_with() -> None:
    roads = frozenset({"roads"})
    assert _kinds(_rule("1", categories=roads), _rule("2", categories=roads, lead="b")) == [
        ("contradicts", "2", ("1",))
    ]
    assert _kinds(_rule("1"), _rule("2", categories=roads, lead="b")) == [("unreachable", "2", ("1",))]
    together = (_rule("1", minutes=(0, 720)), _rule("2", minutes=(720, 0)), _rule("3", categories=roads))
    assert _kinds(*together) == [("unreachable", "3", ("1", "2"))], "only both together take it all"
    assert _kinds(_rule("1", words=("灯",)), _rule("2", words=("路灯", "井盖"))) == [], "井盖 is left"
    assert _kinds(_rule("1", words=("灯",)), _rule("2", words=("路灯",))) == [("unreachable", "2", ("1",))]
    assert _kinds(_rule("1", minutes=(60, 60))) == [("empty", "1", ())]
    assert _kinds(_rule("1", lead="")) == [("nobody", "1", ())]
    assert _kinds(_rule("1", helpers=("a",))) == [("twice", "1", ("a",))]
    assert ("twice", "1", ()) in _kinds(_rule("1", categories=roads), _rule("1"))


def test_rules_that_send_a_matter_round_in_a_circle_are_found() -> None:
    own = _rule("1", returned_by=frozenset({"a"}))
    assert _kinds(own) == [("loops", "1", ("a",))]
    there = _rule("1", returned_by=frozenset({"a"}), lead="b", categories=frozenset({"roads"}))
    back = _rule("2", returned_by=frozenset({"b"}), lead="a")
    assert _kinds(there, back) == [("loops", "1", ("1", "2"))]
    elsewhere = _rule("2", returned_by=frozenset({"b"}), lead="a", categories=frozenset({"noise"}))
    assert _kinds(there, elsewhere) == [], "no matter is both"
    three = (
        _rule("1", returned_by=frozenset({"a"}), lead="b"),
        _rule("2", returned_by=frozenset({"b"}), lead="c"),
        _rule("3", returned_by=frozenset({"c"}), lead="a"),
    )
    assert _kinds(*three) == [("loops", "1", ("1", "2", "3"))]


@pytest.mark.parametrize(
    ("waits", "found"),
    [
        ({}, ()),
        ({"a": ["b"], "b": ["c"]}, ()),
        ({"a": ["a"]}, ("a", "a")),
        ({"a": ["b"], "b": ["a"]}, ("a", "b", "a")),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ("a", "b", "c", "a")),
    ],
)
def test_a_circle_is_named_from_its_beginning(waits: dict[str, list[str]], found: tuple[str, ...]) -> None:
    assert circle(waits) == found


@given(st.dictionaries(st.sampled_from("abcdef"), st.frozensets(st.sampled_from("abcdef"), max_size=3)))
def test_a_circle_is_found_exactly_where_there_is_one(waits: dict[str, frozenset[str]]) -> None:
    found = circle(waits)
    assert all(after in waits[before] for before, after in pairwise(found))
    reach = {name: set(waits.get(name, ())) for name in "abcdef"}
    for middle in "abcdef":
        for name in "abcdef":
            if middle in reach[name]:
                reach[name] |= reach[middle]
    assert bool(found) == any(name in reach[name] for name in "abcdef")


def test_spans_go_over_midnight() -> None:
    assert [minute for minute in (0, 359, 360, 1319, 1320, 1439) if within(minute, (1320, 360))] == [0, 359, 1320, 1439]


def test_a_list_of_many_rules_is_checked() -> None:
    rules = [
        _rule(f"{n}", categories=frozenset({f"c{n % 15}"}), areas=frozenset({f"33{n % 40:02}"}), lead=f"l{n % 7}")
        for n in range(200)
    ]
    assert {fault.code for fault in faults(rules)} == {f"{n}" for n in range(120, 200)}
