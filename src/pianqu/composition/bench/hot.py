"""Groups of messages with one cause: time for 5,000, B³ F beside simple ways of grouping, and the same groups in any order.

Two measures. *Planted*: everyday matters of the demo's parts, with surges (one problem, one community or street, five days,
words damaged) among them; every other matter is a group of its own. *Titles*: real titles of messages to authorities with
their times, of which no labels were published; `LABELS` names 20 well-known issues by place word and problem word, which
favours every way that compares words, and what carries no label counts as wrong in a group. No data of ours has labels
given by people, so neither measure says how well groups of spoken reports of a real district are found.
B³: A. Bagga, B. Baldwin 1998, "Entity-based cross-document coreferencing using the vector space model".
"""

import csv
import random
import re
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from pathlib import Path

from pianqu.composition.bench.report import Row
from pianqu.kernels.hotspots import Message, groups

MATTERS, QUICK = 5_000, 1_500
SEED = 1
SURGES = 40
DAYS = 90
STREETS, COMMUNITIES = 8, 19
DAMAGE = 0.08
"""Share of the characters of a planted report that are lost or change places."""
Grouping = list[Hashable]
Way = Callable[[Sequence[Message]], Grouping]

LABELS = (
    ("丽发新城", "搅拌|噪音|粉尘|灰尘|污染|水泥"),
    ("伊景园", "车位|捆绑|强|购房|违规|限价"),
    ("魅力之城", "油烟|夜宵|烧烤|空气"),
    ("泉星公园", "规划|优化"),
    ("老地方美食", "招商|消防|无证"),
    ("月亮岛", "高压|11万伏|110"),
    ("绿地海外滩", "高铁|铁路|噪音"),
    ("空间站", "质量|虚假|违规"),
    ("诺亚山林", "医院"),
    ("凉塘路", "旧城|改造"),
    ("58车贷", "."),
    ("中茂城", "拖欠|血汗|购房"),
    ("润芳园", "油烟|烧烤|夜宵"),
    ("中海国际", "施工|噪音|扰民"),
    ("北延", "地铁|号线"),
    ("辉煌国际", "油烟|餐饮|烟|饭店"),
    ("江山帝景", "安全|隐患"),
    ("十里天池", "."),
    ("国道107|107国道", "拆迁|近|噪"),
    ("农机局", "."),
)
"""Twenty issues: what the place or thing is called, and what is wrong with it."""


def measure(*, quick: bool, titles: Path | None) -> list[Row]:
    """All figures; those over the titles only where their file lies."""
    planted, truth = surges(QUICK if quick else MATTERS, seed=SEED)
    began = time.process_time()
    ours = _ours(planted)
    took = time.process_time() - began
    within = {n for n, label in enumerate(truth) if _is_surge(label)}
    ways: dict[str, Way] = {"category, community, week": _by_cell, "exact words": _by_words}
    top = SURGES * len(planted) // MATTERS // 2
    beside = "; ".join(f"{name}: {_hottest(truth, way(planted), top):.2f}" for name, way in ways.items())
    rows = [
        Row(name="messages", value=len(planted)),
        Row(name="time of one core", value=took, unit="s", at_most=10.0),
        Row(name="planted reports", value=len(within)),
        Row(
            name="planted: B³ F over those",
            value=b_cubed(truth, ours, within),
            at_least=0.80,
            baseline=_beside(truth, planted, ways, within),
        ),
        Row(
            name="planted: B³ F over all (most are alone, and say a few sentences again and again)",
            value=b_cubed(truth, ours),
            baseline=_beside(truth, planted, ways),
        ),
        Row(
            name=f"planted: of the {top} largest groups, those that are one surge",
            value=_hottest(truth, ours, top),
            at_least=0.90,
            baseline=beside,
        ),
        Row(name="planted: surges whose greater part is one group", value=_found(truth, ours), at_least=0.90),
        *_order("planted", planted, ours),
    ]
    return rows + (_titles(titles) if titles else [])


def _ours(messages: Sequence[Message]) -> Grouping:
    named: Grouping = list(range(len(messages)))
    for number, group in enumerate(groups(messages)):
        for member in group.members:
            named[member] = f"group {number}"
    return named


def _by_cell(messages: Sequence[Message]) -> Grouping:
    return [(m.category, m.place, int(m.day // 7)) for m in messages]


def _by_words(messages: Sequence[Message]) -> Grouping:
    return [m.text for m in messages]


def _by_district(messages: Sequence[Message]) -> Grouping:
    """The district that a title names, and its week."""
    return [(re.findall("[A-Z][0-9]+[区县市]", m.text)[:1] or m.key, int(m.day // 7)).__repr__() for m in messages]


def _beside(truth: Grouping, messages: Sequence[Message], ways: dict[str, Way], only: set[int] | None = None) -> str:
    return "; ".join(f"{name}: {b_cubed(truth, way(messages), only):.2f}" for name, way in ways.items())


def b_cubed(truth: Grouping, found: Grouping, only: set[int] | None = None) -> float:
    """B³ F over all items or some; precision sees every item of a found group."""
    both, true, mine = Counter(zip(truth, found, strict=True)), Counter(truth), Counter(found)
    asked = sorted(only) if only is not None else range(len(truth))
    pairs = [(truth[n], found[n]) for n in asked]
    precision = sum(both[pair] / mine[pair[1]] for pair in pairs) / len(pairs)
    recall = sum(both[pair] / true[pair[0]] for pair in pairs) / len(pairs)
    return 2 * precision * recall / (precision + recall)


def _found(truth: Grouping, found: Grouping) -> float:
    """The share of surges of which more than half stand in one group, and that group holds more of it than of others."""
    size, groups_of = Counter(found), defaultdict[Hashable, Counter[Hashable]](Counter)
    for one, other in zip(truth, found, strict=True):
        if _is_surge(one):
            groups_of[one][other] += 1
    held = [counts.most_common(1)[0] for counts in groups_of.values()]
    sizes = [counts.total() for counts in groups_of.values()]
    good = sum(2 * n > total and 2 * n > size[group] for (group, n), total in zip(held, sizes, strict=True))
    return good / max(len(held), 1)


def _is_surge(label: Hashable) -> bool:
    return str(label).startswith("surge")


def _hottest(truth: Grouping, found: Grouping, top: int) -> float:
    """Of the largest groups, the share of which the greater part is one surge: what the head of the list is worth."""
    held = defaultdict[Hashable, Counter[Hashable]](Counter)
    for label, group in zip(truth, found, strict=True):
        held[group][label] += 1
    largest = sorted(held.values(), key=lambda counts: (-counts.total(), str(min(map(str, counts)))))[:top]
    first = [(counts.most_common(1)[0], counts.total()) for counts in largest]
    return sum(_is_surge(label) and 2 * count > total for (label, count), total in first) / max(len(first), 1)


def _order(name: str, messages: Sequence[Message], ours: Grouping) -> list[Row]:
    """Shuffled, and with other keys, so that ties fall otherwise."""
    dice, order = random.Random(SEED), list(range(len(messages)))
    dice.shuffle(order)
    shuffled = _back(_ours([messages[n] for n in order]), order)
    renamed = [
        Message(key=f"{dice.random()}", text=m.text, day=m.day, place=m.place, area=m.area, category=m.category)
        for m in messages
    ]
    return [
        Row(name=f"{name}: the same after shuffling (B³ F)", value=b_cubed(ours, shuffled), at_least=1.0),
        Row(name=f"{name}: the same with other keys (B³ F)", value=b_cubed(ours, _ours(renamed)), at_least=0.99),
    ]


def _back(named: Grouping, order: Sequence[int]) -> Grouping:
    found: Grouping = [None] * len(order)
    for place, n in enumerate(order):
        found[n] = named[place]
    return found


# planted -------------------------------------------------------------------------------------------------------------


def surges(count: int, *, seed: int) -> tuple[list[Message], Grouping]:
    """Everyday matters of a quarter with planted surges among them, and which of them belong together."""
    table = tomllib.loads((Path(__file__).parents[1] / "demo" / "year.toml").read_text(encoding="utf-8"))
    dice, made, truth = random.Random(seed), list[Message](), list[Hashable]()
    kinds = table["kind"]
    for number in range(SURGES * count // MATTERS):
        kind, what = dice.choice([kind for kind in kinds if not kind.get("answered")]), None
        area, community, day = dice.randrange(STREETS), dice.randrange(COMMUNITIES), dice.uniform(5, DAYS - 5)
        what, is_wide = dice.choice(kind["what"]), number % 3 == 0
        for _report in range(dice.randint(5, 40)):
            place = (area, dice.randrange(COMMUNITIES) if is_wide else community)
            text = _damaged(_said(dice, kind, place, what), dice)
            made.append(_message(len(made), text, day + dice.uniform(0, 5), place, kind["category"]))
            truth.append(f"surge {number}")
    while len(made) < count:
        kind = dice.choices(kinds, [kind["share"] for kind in kinds])[0]
        place = (dice.randrange(STREETS), dice.randrange(COMMUNITIES))
        text = _said(dice, kind, place, dice.choice(kind["what"]))
        made.append(_message(len(made), text, dice.uniform(0, DAYS), place, kind["category"]))
        truth.append(len(made))
    return made, truth


def _message(number: int, text: str, day: float, place: tuple[int, int], category: str) -> Message:
    return Message(key=f"{number:06d}", text=text, day=day, place=f"{place}", area=f"{place[0]}", category=category)


def _said(dice: random.Random, kind: dict[str, list[str]], place: tuple[int, int], what: str) -> str:
    name = _NAMES[place[0] * COMMUNITIES + place[1]]
    said = dice.choice(kind["places"]) + what + dice.choice(kind["since"]) + dice.choice(kind["wish"])
    return said.format(community=name, landmark=f"{name}菜场", number=dice.randint(1, 48))


_NAMES = [f"{one}{other}社区" for one in "梅竹松桂兰枫榆柳桃李杏梨" for other in "溪桥园苑塘湾岭亭坊埠渡洲泾"]


def _damaged(text: str, dice: random.Random) -> str:
    signs = [sign for sign in text if dice.random() >= DAMAGE / 2]
    for n in range(len(signs) - 1):
        if dice.random() < DAMAGE / 2:
            signs[n], signs[n + 1] = signs[n + 1], signs[n]
    return "".join(signs)


# titles --------------------------------------------------------------------------------------------------------------


def _titles(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        messages = [Message(key=r["id"], text=r["title"], day=_day(r["time"])) for r in csv.DictReader(file)]
    labels = [_label(message) for message in messages]
    truth: Grouping = [label or f"alone {n}" for n, label in enumerate(labels)]
    labelled = {n for n, label in enumerate(labels) if label}
    ours = _ours(messages)
    ways: dict[str, Way] = {"named district and week": _by_district, "exact title": _by_words}
    return [
        Row(name="titles", value=len(messages)),
        Row(name="titles with one of 20 labels by rule", value=len(labelled)),
        Row(
            name="titles: B³ F over those",
            value=b_cubed(truth, ours, labelled),
            at_least=0.60,
            baseline=_beside(truth, messages, ways, labelled) + "; .805 with labels by people, not ours to have",
        ),
        *_order("titles", messages, ours),
    ]


def _day(text: str) -> float:
    """Days of two date formats that the file mixes."""
    year, month, day, *clock = (int(part) for part in re.split("[-/: ]", text))
    hours = sum(part / 60.0**n for n, part in enumerate(clock))
    return float(date(year, month, day).toordinal() + hours / 24)


def _label(message: Message) -> str:
    """The one issue that a title names; empty for none, and for two."""
    found = [name for name, what in LABELS if re.search(name, message.text) and re.search(what, message.text)]
    return found[0] if len(found) == 1 else ""
