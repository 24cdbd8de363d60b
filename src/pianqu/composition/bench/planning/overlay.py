"""Five departments' grids laid over one another: time, atoms, slivers, what areas and tables are off, and what naive ways give.

Each made grid follows the same blocks, but joins them to other cells and is drawn by another hand: every corner and the middle of
every side of a block lie two to three metres off, in any direction.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

from pianqu.composition.bench.report import Row
from pianqu.kernels.overlay import planar
from pianqu.kernels.overlay.layers import Layer, Shape
from pianqu.kernels.overlay.refining import Refinement, fit_together, refined
from pianqu.kernels.overlay.tables import Crosswalk, atom_of, by_area, counted

LAYERS = 5
BLOCK_M = 150.0
BLOCKS_A_CELL = 3
NOISE_M = (2.0, 3.0)
TARGETS_S = {600: 5.0, 6_000: 40.0}
Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Instance:
    """Made grids, and households: each point stands for a building with so many people."""

    layers: tuple[Layer, ...]
    points: Floats
    people: tuple[int, ...]


def instance(cells: int, *, layers: int = LAYERS, seed: int = 1) -> Instance:
    """Grids of about so many cells each; the same seed gives the same ones."""
    dice = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(cells * BLOCKS_A_CELL)))
    place = np.stack(np.meshgrid(np.arange(-2, across + 2), np.arange(-2, across + 2)), axis=-1).reshape(-1, 2)
    middles = (place + 0.5 + dice.uniform(-0.35, 0.35, place.shape)) * BLOCK_M
    within = ((place >= 0) & (place < across)).all(axis=1)
    blocks = Voronoi(middles)
    made = tuple(_grid(f"grid {n}", blocks, middles, within, cells, dice) for n in range(layers))
    points, people = _households(middles[within], dice)
    return Instance(made, points, people)


def _grid(name: str, blocks: Voronoi, middles: Floats, within: Any, cells: int, dice: np.random.Generator) -> Layer:
    """Blocks joined to cells around random middles, and drawn by one hand."""
    low, high = middles[within].min(axis=0), middles[within].max(axis=0)
    cell = cKDTree(dice.uniform(low, high, (cells, 2))).query(middles)[1]
    cell[~within] = -1
    sides = np.asarray(blocks.ridge_points)
    parting = np.flatnonzero(cell[sides[:, 0]] != cell[sides[:, 1]])
    ends = np.array([blocks.ridge_vertices[side] for side in parting.tolist()])
    corners = blocks.vertices + _off(len(blocks.vertices), dice)
    halfway = blocks.vertices[ends].mean(axis=1) + _off(len(ends), dice)
    drawn = np.stack([corners[ends[:, 0]], halfway, corners[ends[:, 1]]], axis=1).round(2)
    rims = planar.crossed(np.concatenate([drawn[:, :2].reshape(-1, 4), drawn[:, 1:].reshape(-1, 4)]))
    shapes = planar.faces(rims).shapes
    kept = shapes[shapely.area(shapes) > BLOCK_M]
    return Layer(name, [Shape(f"{number:05}", shape) for number, shape in enumerate(kept)])


def _off(count: int, dice: np.random.Generator) -> Floats:
    """Two to three metres in any direction."""
    way = dice.uniform(0, 2 * np.pi, count)
    return np.asarray(np.column_stack([np.cos(way), np.sin(way)]) * dice.uniform(*NOISE_M, (count, 1)))


def _households(middles: Floats, dice: np.random.Generator) -> tuple[Floats, tuple[int, ...]]:
    """Three blocks of ten are lived in; there a dozen towers stand within forty metres of one place."""
    lived = middles[dice.random(len(middles)) < 0.3]
    towers = np.repeat(lived + dice.normal(0, 20, lived.shape), 12, axis=0)
    points = towers + dice.normal(0, 20, towers.shape)
    return points, tuple(dice.integers(20, 400, len(points)).tolist())


def measure(*, quick: bool) -> list[Row]:
    """All figures; the small size only if quick."""
    found: list[Row] = []
    for cells, target in TARGETS_S.items():
        if not (quick and cells > 1000):
            found += size(cells, target=target)
    return found


def size(cells: int, *, target: float) -> list[Row]:
    """The figures of one size, with its target for the overlay in seconds."""
    made = instance(cells)
    name = f"{LAYERS} grids x {cells} cells"
    result, seconds = _timed(lambda: refined(made.layers))
    pieces, naive = _timed(lambda: _intersected(made.layers))
    naive_said = f"intersection of one grid after the other: {naive:.1f} s, {len(pieces)} pieces"
    rows = [
        Row(name=f"overlay, {name}: processor time", value=seconds, unit="s", at_most=target, baseline=naive_said),
        Row(name=f"overlay, {name}: atoms", value=len(result.atoms)),
        Row(name=f"overlay, {name}: slivers joined", value=result.slivers),
        *_errors(name, made, result),
    ]
    return rows + _apportioned(name, made, result)


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    return act(), time.process_time() - began


def _intersected(layers: Sequence[Layer]) -> NDArray[Any]:
    """What a GIS does when it is told to intersect one layer after the other: every hair is a piece."""
    pieces = _shapes(layers[0])
    for layer in layers[1:]:
        other = _shapes(layer)
        mine, theirs = shapely.STRtree(other).query(pieces, predicate="intersects")
        cut = shapely.intersection(pieces[mine], other[theirs])
        pieces = cut[shapely.area(cut) > 0]
    return pieces


def _shapes(layer: Layer) -> NDArray[Any]:
    return np.array([shape.geometry for shape in layer.shapes], dtype=object)


def _errors(name: str, made: Instance, result: Refinement) -> list[Row]:
    """How much ground is lost, is in slivers, and came to a neighbour."""
    shapes = np.array([atom.geometry for atom in result.atoms], dtype=object)
    whole = float(shapely.area(shapely.union_all(np.concatenate([_shapes(layer) for layer in made.layers]))))
    total = float(shapely.area(shapes).sum())
    return [
        Row(name=f"overlay, {name}: ground in slivers", value=100 * result.sliver_m2 / whole, unit="%"),
        Row(
            name=f"overlay, {name}: ground that came to a neighbour, worst grid",
            value=100 * max(result.moved_m2) / whole,
            unit="%",
        ),
        Row(
            name=f"overlay, {name}: ground lost or covered twice",
            value=abs(total - whole) / whole * 1e6,
            unit="ppm",
            at_most=1,
        ),
        Row(
            name=f"overlay, {name}: faults of the coverage",
            value=0.0 if fit_together(shapes) else 1.0,
            at_most=0,
        ),
    ]


def _apportioned(name: str, made: Instance, result: Refinement) -> list[Row]:
    """The first grid's people told by the second: counted by household points, and shared out by area."""
    first, second = result.layers[:2]
    table = counted(result, first, second, atom_of(result, made.points), made.people)
    totals: dict[str, int] = {}
    for row in table.rows:
        totals[row.one] = totals.get(row.one, 0) + row.count
    area = by_area(result, first, second, totals)
    wrong = _misplaced(_counts(table), _counts(area))
    stated = f"stated: {100 * area.misplaced:.0f} % expected, if each cell's people lived at one place"
    return [
        Row(name=f"tables, {name}: people lost or counted twice", value=abs(table.total - sum(made.people)), at_most=0),
        Row(
            name=f"tables, {name}: people misplaced, by area",
            value=100 * wrong / table.total,
            unit="%",
            baseline=stated,
        ),
        Row(name=f"tables, {name}: rows by area within twice their error", value=100 * _held(area, table), unit="%"),
    ]


def _counts(table: Crosswalk) -> dict[tuple[str, str], int]:
    return {(row.one, row.other): row.count for row in table.rows}


def _misplaced(true: Mapping[tuple[str, str], int], told: Mapping[tuple[str, str], int]) -> float:
    return sum(abs(true.get(pair, 0) - told.get(pair, 0)) for pair in true.keys() | told.keys()) / 2


def _held(area: Crosswalk, table: Crosswalk) -> float:
    """The share of the rows whose true count lies within twice the stated error."""
    true = _counts(table)
    held = [abs(true.get((row.one, row.other), 0) - row.count) <= 2 * row.error + 1 for row in area.rows]
    return sum(held) / len(held)
