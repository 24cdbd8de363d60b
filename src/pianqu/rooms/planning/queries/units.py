"""Units that were written down, read once in a process: they never change."""

import uuid
from dataclasses import dataclass
from functools import lru_cache

from pianqu.kernels import suppression
from pianqu.kernels.partition.problem import MEASURES
from pianqu.kernels.partition.records import Written, read_units
from pianqu.rooms.planning.models import UnitSet


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsText:
    """As it is given to others."""

    content: str
    shapes: str
    digest: str


@lru_cache(maxsize=8)
def units_of(units_id: uuid.UUID) -> Written:
    """What a draft joins. One statement for the first time."""
    return read_units(UnitSet.objects.values_list("content", flat=True).get(id=units_id))


@lru_cache(maxsize=4)
def units_text(units_id: uuid.UUID) -> UnitsText:
    """The written text and the shapes. One statement for the first time."""
    row = UnitSet.objects.get(id=units_id)
    return UnitsText(content=row.content, shapes=row.shapes, digest=row.digest)


@lru_cache(maxsize=8)
def tells_of_few(units_id: uuid.UUID) -> bool:
    """Whether a number in it stands for fewer than five people, households or matters. One statement for the first time."""
    units = units_of(units_id).units
    return any(0 < (count or 0) < suppression.K for name in MEASURES for count in units.column(name))
