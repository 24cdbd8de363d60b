"""Computed plans as a plot: largest deviation along, cut borders up, the ones that nothing else surpasses on a line.

It is written as plain SVG with whole coordinates, so that it needs no script, and each point is a link.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.rooms.planning.queries import DraftState, FiguresCard, OptionCard
from pianqu.rooms.planning.views.figures import percent

WIDTH, HEIGHT = 348, 236
LEFT, RIGHT, TOP, BOTTOM = 40, 336, 12, 212
STEPS = (1, 2, 5)
LINES = 5
NEAR, LEAST_NEAR = 3, 500
"""So many times the middle deviation are drawn, and five percent at least; what lies beyond stands at the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One computed plan."""

    option_id: str
    x: int
    y: int
    label: str
    link: str
    is_front: bool
    is_within: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The plan on the page, or what is in force, with where its words stand."""

    x: int
    y: int
    anchor: str
    label_x: int
    label_y: int
    beyond: str = ""
    """Its deviation, where that lies beyond the plot."""

    @property
    def corner_x(self) -> int:
        return self.x - 5

    @property
    def corner_y(self) -> int:
        return self.y - 5

    @property
    def diamond(self) -> str:
        return f"M{self.x} {self.y - 8}L{self.x + 8} {self.y}L{self.x} {self.y + 8}L{self.x - 8} {self.y}Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """The same plan as a line of the table."""

    option_id: str
    number: int
    deviation: str
    cut: int
    splits: int
    moved: int
    link: str
    is_within: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Everything that is drawn, with its table."""

    label: str
    rows: tuple[tuple[int, str], ...]
    columns: tuple[tuple[int, str], ...]
    line: str
    dots: tuple[Dot, ...]
    now: Mark | None
    here: Mark
    table: tuple[OptionRow, ...]
    beyond: int
    """Plans that lie too far right to be drawn; the table has them."""
    outside: int
    """Plans that do not keep the hard limits; they are on no line."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    left_label: int = LEFT - 6
    bottom_label: int = BOTTOM + 18

    @property
    def count(self) -> int:
        return len(self.table)


@dataclass(frozen=True, slots=True)
class Scale:
    """From a figure to a coordinate."""

    low: int
    high: int
    step: int
    start: int
    end: int

    def at(self, value: int) -> int:
        return self.start + round((value - self.low) * (self.end - self.start) / (self.high - self.low))

    def ticks(self) -> list[int]:
        return list(range(self.low, self.high + 1, self.step))


def plot(state: DraftState, link: Callable[[str], str]) -> Plot | None:
    """None while nothing has been computed."""
    if not state.options:
        return None
    now = state.now_figures
    limit = _limit([one.deviation for one in state.options])
    drawn = [one for one in state.options if one.deviation <= limit]
    shown: list[OptionCard | FiguresCard] = [*drawn, state.figures, *([now] if now else [])]
    along = _scale([min(one.deviation, limit) for one in shown], LEFT, RIGHT, floor=0)
    up = _scale([one.cut for one in shown], BOTTOM, TOP)
    front = sorted({(along.at(one.deviation), up.at(one.cut)) for one in _line(drawn)})
    return Plot(
        label=_("Computed plans by largest deviation and borders cut; the table below tells the same"),
        rows=tuple((up.at(tick), str(tick)) for tick in up.ticks()),
        columns=tuple((along.at(tick), f"{tick / 100:g}") for tick in along.ticks()),
        line="M" + "L".join(f"{x} {y}" for x, y in front) if len(front) > 1 else "",
        dots=tuple(_dot(one, along, up, link) for one in sorted(drawn, key=lambda one: one.front)),
        beyond=len(state.options) - len(drawn),
        outside=sum(not one.within for one in state.options),
        now=_mark(now, along, up, above=True) if now else None,
        here=_mark(state.figures, along, up, above=False),
        table=tuple(_row(one, link) for one in sorted(state.options, key=lambda one: (one.deviation, one.cut))),
    )


def _limit(deviations: Sequence[int]) -> int:
    """One plan that is far off would press all others into a corner."""
    return max(LEAST_NEAR, NEAR * sorted(deviations)[len(deviations) // 2])


def _line(options: Sequence[OptionCard]) -> list[OptionCard]:
    """Those of the front that are best in the two figures drawn: what a line may join."""
    found: list[OptionCard] = []
    for one in sorted(options, key=lambda one: (one.deviation, one.cut)):
        if one.front and (not found or one.cut < found[-1].cut):
            found.append(one)
    return found


def _scale(values: Sequence[int], start: int, end: int, *, floor: int | None = None) -> Scale:
    low, high = min(values) if floor is None else floor, max(values)
    step = _step(max(1, high - low))
    least = low // step * step
    return Scale(least, max(-(-high // step) * step, least + step), step, start, end)


def _step(span: int) -> int:
    """1, 2 or 5 times a power of ten, so that there are a handful of lines."""
    size = 1
    while True:
        for factor in STEPS:
            if span <= factor * size * LINES:
                return factor * size
        size *= 10


def _dot(one: OptionCard, along: Scale, up: Scale, link: Callable[[str], str]) -> Dot:
    words = _("Plan %(number)s: deviation %(deviation)s, %(cut)s borders cut, %(splits)s areas split")
    values = {"number": one.number + 1, "deviation": percent(one.deviation), "cut": one.cut, "splits": one.splits}
    return Dot(
        option_id=str(one.id),
        x=along.at(one.deviation),
        y=up.at(one.cut),
        label=words % values if one.within else f"{words % values} · {pgettext('option', 'outside the limits')}",
        link=link(str(one.id)),
        is_front=one.front,
        is_within=one.within,
        is_chosen=one.chosen,
    )


def _mark(figures: FiguresCard, along: Scale, up: Scale, *, above: bool) -> Mark:
    """Words beside a mark stay within the plot."""
    is_beyond = figures.deviation > along.high
    x, y = along.at(min(figures.deviation, along.high)), up.at(figures.cut)
    anchor = "end" if x > RIGHT - 40 else "mid" if x > LEFT + 40 else ""
    label_y = y - 12 if (above and y > TOP + 16) or y > BOTTOM - 24 else y + 22
    return Mark(
        x=x,
        y=y,
        anchor=anchor,
        label_x=min(x + 8, WIDTH) if anchor == "end" else x,
        label_y=label_y,
        beyond=percent(figures.deviation) if is_beyond else "",
    )


def _row(one: OptionCard, link: Callable[[str], str]) -> OptionRow:
    return OptionRow(
        option_id=str(one.id),
        number=one.number + 1,
        deviation=percent(one.deviation),
        cut=one.cut,
        splits=one.splits,
        moved=one.moved,
        link=link(str(one.id)),
        is_within=one.within,
        is_chosen=one.chosen,
    )
