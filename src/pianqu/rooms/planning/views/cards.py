"""The page of a draft as frozen cards: what the templates show, put together from the draft's state and its units."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from pianqu.kernels.partition.figures import Live
from pianqu.kernels.partition.records import CELLS, task_of, weighed
from pianqu.rooms.planning.queries import OPEN, DraftMay, DraftState, FiguresCard, RunCard, Written, takes_comments
from pianqu.rooms.planning.views.figures import neighbours, off, percent, signed

TOLERANCES = (0, 2_000, 50)
WEIGHTS = (0, 10, 1)
PIECES = (0, 20, 1)
MOST_NAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above all pages of a draft."""

    draft_id: uuid.UUID
    title: str
    state: str
    kind_word: str
    seed: int
    revision: int
    changed_by: str
    changed_at: datetime
    organisation: str
    """Whose draft it is."""
    ways: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A slider with its figure."""

    name: str
    label: str
    value: int
    low: int
    high: int
    step: int
    is_percent: bool = False

    @property
    def shown(self) -> str:
        return f"{self.value / 100:g}%" if self.is_percent else str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A hard limit, and whether the plan keeps it."""

    words: str
    holds: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How computing stands."""

    is_on: bool = False
    is_stopping: bool = False
    percent: int = 0
    words: str = ""
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit of the selected cluster."""

    number: int
    name: str
    load: int
    area: str
    is_locked: bool
    is_centre: bool
    is_picked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The selected cluster with its units and what can be done with them."""

    number: int
    name: str
    count_words: str
    table_label: str
    area_word: str
    units: tuple[UnitRow, ...]
    others: tuple[tuple[int, str, bool], ...]
    """Number, name, whether it is a neighbour; neighbours first."""
    acts: tuple[tuple[str, str, str], ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A move that is tried, or a computed plan that is looked at: both sides and the cost."""

    title: str
    sides: tuple[str, ...]
    costs: tuple[str, ...]
    loose: tuple[str, ...]
    cluster: int = -1
    to: int = -1
    units: tuple[int, ...] = ()
    option_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything of the page but its head, plot, rows and sheet."""

    may: DraftMay
    is_cells: bool
    is_synthetic: bool
    can_undo: bool
    ranges: tuple[Range, ...]
    balances: tuple[tuple[str, str], ...]
    balance: str
    balance_word: str
    clusters: int
    least: int
    most: int
    seed: int
    sweeps: int
    tries: int
    limits: tuple[Limit, ...]
    table_title: str
    cluster_word: str
    unit_word: str
    unit_short: str
    mean: int
    deviation: str
    cut: int
    splits: int
    moved: int
    unassigned: int
    selected: int
    open_until: date | None
    """The last day for comments, while people are asked."""
    is_of_others: bool
    """It would be changed, but belongs to others."""


def head(state: DraftState, here: str) -> Head:
    """`here` is the page's own route."""
    ways = (
        ("planning:draft", pgettext("planning", "Plan")),
        ("planning:compare", pgettext("planning", "Before and after")),
        ("planning:remarks", pgettext("planning", "Comments") + (f" {state.comments}" if state.comments else "")),
        ("planning:history", pgettext("planning", "History")),
        ("planning:print", _("A3 sheet")),
    )
    return Head(
        draft_id=state.id,
        title=state.title,
        state=state.state,
        kind_word=_kind(state),
        seed=int(state.settings.get("seed", 0)),
        revision=state.revision,
        changed_by=state.changed_by,
        changed_at=state.changed_at,
        organisation=state.organisation,
        ways=tuple((reverse(route, args=[state.id]), name, route == here) for route, name in ways),
    )


def _kind(state: DraftState) -> str:
    count = len(state.names)
    if state.level == CELLS:
        return ngettext("%(n)s cell", "%(n)s cells", count) % {"n": count}
    return ngettext("%(n)s cluster", "%(n)s clusters", count) % {"n": count}


def page(state: DraftState, written: Written, selected: int) -> Page:
    asked, worth = state.settings, state.figures
    is_cells = state.level == CELLS
    return Page(
        may=state.may,
        is_cells=is_cells,
        is_synthetic=bool(written.sources.get("synthetic", True)),
        can_undo=state.revision > 0,
        ranges=_ranges(state, written),
        balances=_balances(),
        balance=str(asked.get("balance", "households")),
        balance_word=dict(_balances()).get(str(asked.get("balance")), ""),
        clusters=len(state.names),
        least=int(asked.get("least", 0)),
        most=int(asked.get("most", 0)),
        seed=int(asked.get("seed", 0)),
        sweeps=int(asked.get("sweeps", 0)),
        tries=int(asked.get("tries", 0)),
        limits=_limits(state, written),
        table_title=_("Balance of the cells") if is_cells else _("Balance of the clusters"),
        cluster_word=pgettext("planning", "Cell") if is_cells else pgettext("planning", "Cluster"),
        unit_word=pgettext("planning", "Houses") if is_cells else pgettext("planning", "Communities"),
        unit_short=pgettext("planning column", "Houses") if is_cells else pgettext("planning column", "Units"),
        mean=worth.mean,
        deviation=percent(worth.deviation),
        cut=worth.cut,
        splits=worth.splits,
        moved=worth.moved,
        unassigned=worth.unassigned,
        selected=selected,
        open_until=state.comments_until if waits_for_comments(state) else None,
        is_of_others=state.state in OPEN and not state.may.edit,
    )


def waits_for_comments(state: DraftState) -> bool:
    """Whether it is published and people are still asked: nothing is decided then."""
    return takes_comments(state.state, state.comments_until, timezone.localdate())


def _balances() -> tuple[tuple[str, str], ...]:
    return (
        ("households", pgettext("planning", "Households")),
        ("population", pgettext("planning", "People")),
        ("workload", pgettext("planning", "Cases a year")),
    )


def _ranges(state: DraftState, written: Written) -> tuple[Range, ...]:
    asked = state.settings

    def one(name: str, label: str, span: tuple[int, int, int], *, is_percent: bool = False) -> Range:
        low, high, step = span
        value = int(asked.get(name, 0))
        return Range(
            name=name, label=label, value=value, low=low, high=max(high, value), step=step, is_percent=is_percent
        )

    found = []
    if state.level != CELLS:
        most = max(2, min(60, len(written)))
        found += [
            Range(
                name="clusters",
                label=_("Clusters"),
                value=len(state.names),
                low=1,
                high=max(most, len(state.names)),
                step=1,
            ),
            one("tolerance", _("Deviation allowed"), TOLERANCES, is_percent=True),
        ]
    found += [
        one("cut", _("Ties between neighbours"), WEIGHTS),
        one("split", _("Boundaries kept whole"), PIECES),
        *(_system(name, label, asked) for name, label in written.labels.items() if len(written.labels) > 1),
        one("moved", _("Households stay where they are"), WEIGHTS),
    ]
    return tuple(found)


def _system(name: str, label: str, asked: Mapping[str, Any]) -> Range:
    value = int((asked.get("systems") or {}).get(name, 1))
    label = _("of which %(system)s") % {"system": label}
    return Range(name=f"system-{name}", label=label, value=value, low=0, high=max(5, value), step=1)


def _limits(state: DraftState, written: Written) -> tuple[Limit, ...]:
    worth, names = state.figures, state.names
    loose = [names[cluster]["name"] for cluster in worth.loose]
    held = [written.names[unit] for unit in state.locks]
    is_cells = state.level == CELLS
    whole = _("Each cell hangs together") if is_cells else _("Each hangs together")
    nobody_left = _("Every house belongs to one") if is_cells else _("Everybody belongs to one")
    found = [
        Limit(words=whole, holds=not loose, detail=_named(loose)),
        Limit(words=_band(state.settings), holds=not worth.over),
        Limit(words=nobody_left, holds=not worth.unassigned),
    ]
    if held:
        words = ngettext("%(n)s locked:", "%(n)s locked:", len(held)) % {"n": len(held)}
        found.append(Limit(words=words, holds=True, detail=_named(held)))
    return tuple(found)


def _band(asked: Mapping[str, Any]) -> str:
    if "least" in asked:
        return _("%(least)s to %(most)s households each") % {"least": asked["least"], "most": asked["most"]}
    return _("No deviation above %(percent)s%%") % {"percent": f"{int(asked.get('tolerance', 0)) / 100:g}"}


def _named(names: Sequence[str]) -> str:
    return "、".join(names[:MOST_NAMES]) + ("…" if len(names) > MOST_NAMES else "")


def running(run: RunCard | None, sentences: Sequence[str]) -> Running:
    """Progress in words, or how the last run ended where that is worth a word."""
    if run is None:
        return Running()
    if run.is_over:
        return Running(words=_ended(run), sentences=tuple(sentences))
    return Running(
        is_on=True, is_stopping=run.state == "stopping", percent=run.percent, words=_progress(run), sentences=()
    )


def _progress(run: RunCard) -> str:
    if run.state == "waits":
        return _("Waiting for the worker.")
    if run.state == "stopping":
        return _("Stopping; the best so far is kept.")
    if run.left is None:
        return f"{run.percent}%."
    seconds = max(1, round(run.left.total_seconds()))
    if seconds < 100:
        return _("%(percent)s%%, about %(seconds)s seconds.") % {"percent": run.percent, "seconds": seconds}
    return _("%(percent)s%%, about %(minutes)s minutes.") % {"percent": run.percent, "minutes": -(-seconds // 60)}


def _ended(run: RunCard) -> str:
    if run.state == "failed":
        return {
            "stumbled": _("The last computation broke off three times and was given up. What was there is unchanged."),
            "child-ended": _(
                "The last computation was ended from outside, perhaps for want of memory. Plans that it had found are kept; "
                "compute again, or ask the operator."
            ),
        }.get(run.reason, _("The last computation found no plan. What was there is unchanged."))
    return _("The last one was stopped; what it had found is kept.") if run.state == "stopped" else ""


def sheet(state: DraftState, written: Written, selected: int, picked: Sequence[int] = ()) -> Sheet | None:
    """Of the cluster that was chosen; None where none was."""
    if not 0 <= selected < len(state.names):
        return None
    members = [unit for unit, cluster in enumerate(state.part) if cluster == selected]
    amounts = written.units.column(state.settings.get("balance", "households"))
    areas = written.units.systems[0].areas if written.units.systems else ("",) * len(written)
    near = neighbours(written, state.part, selected)
    is_cells = state.level == CELLS
    home = _at_home(written, state.part, selected) if is_cells else set(range(len(state.names)))
    others = [
        (number, one["name"], number in near) for number, one in enumerate(state.names) if number in home - {selected}
    ]
    locks, centres, ticked = set(state.locks), set(state.centres), set(picked)
    words = (
        ngettext("%(n)s house", "%(n)s houses", len(members))
        if is_cells
        else ngettext("%(n)s community", "%(n)s communities", len(members))
    )
    return Sheet(
        number=selected,
        name=state.names[selected]["name"],
        count_words=words % {"n": len(members)},
        table_label=_("Houses of the cell") if is_cells else _("Communities of the cluster"),
        area_word=next(iter(written.labels.values()), ""),
        units=tuple(
            UnitRow(
                number=unit,
                name=written.names[unit],
                load=amounts[unit],
                area=areas[unit],
                is_locked=unit in locks,
                is_centre=unit in centres,
                is_picked=unit in ticked,
            )
            for unit in members
        ),
        others=tuple(sorted(others, key=lambda one: (not one[2], one[0]))),
        acts=_acts(),
    )


def _at_home(written: Written, part: Sequence[int], cell: int) -> set[int]:
    """The cells of its community: none reaches beyond."""
    own = {written.groups[unit] for unit, its in enumerate(part) if its == cell}
    return {its for unit, its in enumerate(part) if written.groups[unit] in own} - {-1}


def _acts() -> tuple[tuple[str, str, str], ...]:
    return (
        ("lock", "lock", pgettext("planning", "Lock")),
        ("unlock", "key", pgettext("planning", "Unlock")),
        ("split", "arrows-split", _("Make a new one of them")),
        ("centre", "building-community", _("Centre lies here")),
        ("repair", "tools", _("Repair around")),
    )


# what is tried -------------------------------------------------------------------------------------------------------


def tried(state: DraftState, written: Written, units: Sequence[int], to: int) -> Trial:
    """Moves of some units, with what they would cost."""
    live, before = _live(state, written, state.part), state.figures
    sides = sorted({*(state.part[unit] for unit in units), to} - {-1})
    for unit in units:
        live.move(unit, to)
    what = (
        written.names[units[0]]
        if len(units) == 1
        else ngettext("%(n)s unit", "%(n)s units", len(units)) % {"n": len(units)}
    )
    side = _("%(name)s %(before)s → %(after)s")
    return Trial(
        title=_("Try %(what)s → %(to)s") % {"what": what, "to": state.names[to]["name"]},
        sides=tuple(
            side
            % {
                "name": state.names[cluster]["name"],
                "before": signed(off(before.loads[cluster], before.loads)),
                "after": signed(off(live.loads[cluster], live.loads)),
            }
            for cluster in sides
        ),
        costs=_costs(before, live),
        loose=(),
        cluster=state.part[units[0]],
        to=to,
        units=tuple(units),
    )


def looked_at(state: DraftState, option_id: str, number: int, figures: Mapping[str, Any]) -> Trial:
    """A computed plan beside the one that stands."""
    was = state.figures
    pairs = (
        (_("largest deviation %(before)s → %(after)s"), percent(was.deviation), percent(figures["deviation"])),
        (_("borders cut %(before)s → %(after)s"), was.cut, figures["cut"]),
        (_("areas split %(before)s → %(after)s"), was.splits, figures["splits"]),
        (_("households moved %(before)s → %(after)s"), was.moved, figures["moved"]),
    )
    return Trial(
        title=_("Computed plan %(number)s") % {"number": number},
        sides=tuple(words % {"before": before, "after": after} for words, before, after in pairs if before != after),
        costs=(),
        loose=(),
        option_id=option_id,
    )


def _live(state: DraftState, written: Written, part: Sequence[int]) -> Live:
    task = task_of(state.settings, clusters=len(state.names), locks={}, centres=())
    return Live(weighed(written, state.settings), task, part)


def _costs(before: FiguresCard, live: Live) -> tuple[str, ...]:
    pairs = (
        (_("largest deviation %(before)s → %(after)s"), percent(before.deviation), percent(live.deviation)),
        (_("borders cut %(before)s → %(after)s"), before.cut, live.cut),
        (_("areas split %(before)s → %(after)s"), before.splits, live.splits),
        (_("households moved %(before)s → %(after)s"), before.moved, live.moved),
    )
    return tuple(words % {"before": was, "after": is_} for words, was, is_ in pairs if was != is_)
