"""To which cell a point belongs: ten thousand at a time and one at a time, by date, over the demo's grid.

The baseline asks every cell in turn with the same exact test, in the same run; both give the same answers or it fails.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from statistics import median

import shapely
from shapely.geometry.base import BaseGeometry

from pianqu.composition.bench.report import Row
from pianqu.composition.demo.grid import make_grid
from pianqu.composition.district import load_district
from pianqu.kernels import rings
from pianqu.rooms.territory import queries as territory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SINCE = date(2026, 1, 1)
BATCH = 10_000
SLOWLY = 200
"""So many points are asked of every cell in turn."""

Point = tuple[float, float]


def measure(*, quick: bool) -> list[Row]:
    """All figures, in processor time of this process: medians of five runs."""
    load_district(code="330205", now=NOW)
    make_grid(now=NOW, valid_from=SINCE)
    points = _points(BATCH)
    cells = _cells()
    batch = median(_seconds(lambda: territory.locate_cells(points, on=NOW.date())) for _ in range(2 if quick else 5))
    single = _single(points[: 500 if quick else 2_000])
    answers = [place.cell_code for place in territory.locate_cells(points, on=NOW.date())]
    slow, same = _one_by_one(points[:SLOWLY], answers, cells)
    rate = BATCH / batch
    return [
        Row(name="cells", value=len(cells)),
        Row(name="points inside a cell", value=100 * sum(map(bool, answers)) / BATCH, unit="%"),
        Row(
            name="batch of 10 000, by date",
            value=rate,
            unit="/s",
            at_least=20_000,
            baseline=f"every cell: {slow:.0f}/s",
        ),
        Row(name="single, by date, with its statement: p50", value=single[0], unit="ms", at_most=0.2),
        Row(name="single: p95", value=single[1], unit="ms"),
        Row(name="answers that differ from every cell's", value=SLOWLY - same, at_most=0),
    ]


def _cells() -> list[tuple[str, BaseGeometry]]:
    """Whole cells, prepared for the exact test."""
    whole = {card.code for card in territory.cells(on=NOW.date()) if card.kind != territory.MICRO}
    shapes = territory.cell_shapes(territory.versions()[0].version_id)
    made = [(code, rings.shape_of(shape)) for code, shape in sorted(shapes.items()) if code in whole]
    for _code, shape in made:
        shapely.prepare(shape)
    return made


def _points(count: int) -> list[Point]:
    bounds = territory.bounds()
    if bounds is None:
        raise RuntimeError("the district has no bounds")
    dice = random.Random(7)
    return [
        (dice.uniform(bounds.west, bounds.east), dice.uniform(bounds.south, bounds.north)) for _number in range(count)
    ]


def _seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _single(points: Sequence[Point]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    took = []
    for lon, lat in points:
        began = time.perf_counter()
        territory.locate_cell(lon=lon, lat=lat, on=NOW.date())
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return took[len(took) // 2], took[len(took) * 95 // 100]


def _one_by_one(
    points: Sequence[Point], answers: Sequence[str], cells: Sequence[tuple[str, BaseGeometry]]
) -> tuple[float, int]:
    """Points a second when every cell is asked, and how many answers inside a cell are the same."""
    began, same = time.process_time(), 0
    for (lon, lat), answer in zip(points, answers, strict=False):
        point = shapely.Point(lon, lat)
        found = next((code for code, shape in cells if shape.intersects(point)), "")
        same += found == answer or not found
    return len(points) / (time.process_time() - began), same
