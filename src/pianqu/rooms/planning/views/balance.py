"""The balance table of a draft: a row for each cluster, of many cells a page at a time."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pianqu.kernels.partition.records import task_of
from pianqu.rooms.planning.queries import DraftState, Written
from pianqu.rooms.planning.views.figures import off, signed, tones

ROWS = 60
"""On one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A cluster in the balance table."""

    number: int
    name: str
    tone: int
    size: int
    load: int
    off: str
    is_over: bool
    is_loose: bool
    is_selected: bool
    locked: int
    locked_words: str
    link: str


def link(state: DraftState, **asked: object) -> str:
    """This draft's page with something chosen."""
    kept = {name: value for name, value in asked.items() if value not in ("", None, -1)}
    return (
        f"{reverse('planning:draft', args=[state.id])}?{urlencode(kept)}"
        if kept
        else reverse("planning:draft", args=[state.id])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of the balance table; of many cells those come first that lie farthest beyond their limits."""

    shown: tuple[Row, ...]
    note: str = ""
    previous: str = ""
    next: str = ""


def some_rows(state: DraftState, written: Written, selected: int, page: int | None) -> Rows:
    """`page` from 0; None: where the selected one stands."""
    found = rows(state, written, selected)
    if len(found) <= ROWS:
        return Rows(shown=found)
    place = {row.number: row for row in found}
    order = [row.number for row in worst_first(state, found)]
    last = (len(order) - 1) // ROWS
    at = min(last, page if page is not None else order.index(selected) // ROWS if selected in place else 0)
    first = at * ROWS
    shown = tuple(place[number] for number in order[first : first + ROWS])
    where = {"first": first + 1, "last": first + len(shown), "count": len(order)}

    def way(to: int) -> str:
        return link(state, cluster=selected, rows=to) + "#balance" if 0 <= to <= last else ""

    return Rows(shown=shown, note=_("%(first)s–%(last)s of %(count)s") % where, previous=way(at - 1), next=way(at + 1))


def worst_first(state: DraftState, found: tuple[Row, ...]) -> list[Row]:
    """Those beyond their limits first, the farthest at the top; the others as they are numbered."""
    loads = state.figures.loads

    def turn(row: Row) -> tuple[bool, int, int]:
        return not row.is_over, -abs(off(loads[row.number], loads)) if row.is_over else 0, row.number

    return sorted(found, key=turn)


def rows(state: DraftState, written: Written, selected: int) -> tuple[Row, ...]:
    """Every cluster; what lies outside its limits is marked."""
    loads, count = state.figures.loads, len(state.names)
    shades = tones(written, state.part, count)
    sizes, held = [0] * count, [0] * count
    for cluster in state.part:
        if cluster >= 0:
            sizes[cluster] += 1
    for unit in state.locks:
        if state.part[unit] >= 0:
            held[state.part[unit]] += 1
    low, high = bounds(state)
    return tuple(
        Row(
            number=number,
            name=one["name"],
            tone=shades[number],
            size=sizes[number],
            load=loads[number],
            off=signed(off(loads[number], loads)),
            is_over=not low <= loads[number] <= high,
            is_loose=number in state.figures.loose,
            is_selected=number == selected,
            locked=held[number],
            locked_words=ngettext("%(n)s locked", "%(n)s locked", held[number]) % {"n": held[number]},
            link=link(state, cluster=number) + "#units",
        )
        for number, one in enumerate(state.names)
    )


def bounds(state: DraftState) -> tuple[int, int]:
    """Least and greatest load of a cluster."""
    task = task_of(state.settings, clusters=len(state.names), locks={}, centres=())
    return task.bounds(sum(state.figures.loads))
