"""What a draft asks of the search: read, and refused where no search could start."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid
from pianqu.kernels.partition.problem import MEASURES
from pianqu.kernels.partition.records import CELLS, Written

BOUNDS: dict[str, tuple[int, int]] = {
    "clusters": (1, 2_000),
    "tolerance": (0, 10_000),
    "cut": (0, 1_000),
    "split": (0, 1_000),
    "moved": (0, 1_000),
    "seed": (0, 2**31),
    "sweeps": (10, 10_000),
    "tries": (1, 64),
}
BAND = {"least": (0, 1_000_000), "most": (1, 1_000_000)}


def fitted(written: Written, wished: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in order. Raises Invalid for a number outside its bounds or more clusters than units."""
    bounds = BOUNDS | BAND if written.level == CELLS else BOUNDS
    found: dict[str, Any] = {name: _number(name, wished.get(name), bounds[name]) for name in bounds}
    if found["clusters"] > len(written):
        sentence = _("%(clusters)s clusters of %(units)s units: none may be empty. Please ask for fewer.")
        raise Invalid("clusters-many", sentence % {"clusters": found["clusters"], "units": len(written)})
    if wished.get("balance") not in MEASURES:
        raise Invalid("balance-unknown", _("Please choose what is to be balanced: households, people or work."))
    weights = wished.get("systems") or {}
    found |= {
        "balance": wished["balance"],
        "by_length": bool(wished.get("by_length")),
        "systems": {name: _number(name, weights.get(name, 1), (0, 1_000)) for name in sorted(written.labels)},
    }
    if written.level == CELLS:
        found["whole"] = "community"
        if found["least"] > found["most"]:
            raise Invalid("band-wrong", _("The least number of households lies above the greatest."))
    return found


def _number(name: str, given: Any, bounds: tuple[int, int]) -> int:
    low, high = bounds
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        sentence = _("“%(name)s” has to be a whole number from %(low)s to %(high)s. Nothing was changed.")
        raise Invalid("setting-wrong", sentence % {"name": _called(name), "low": low, "high": high})
    return given


def _called(name: str) -> str:
    """What people call a setting; grids to keep have names of their own."""
    return {
        "clusters": _("Clusters"),
        "tolerance": _("Deviation allowed"),
        "cut": _("Ties between neighbours"),
        "split": _("Boundaries kept whole"),
        "moved": _("Households stay where they are"),
        "seed": _("Seed"),
        "sweeps": _("Proposals a unit"),
        "tries": _("From the beginning"),
        "least": _("Least households"),
        "most": _("Most households"),
    }.get(name, name)
