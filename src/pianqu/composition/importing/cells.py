"""What people write into the cells of a list: texts, days, and names or codes of things that exist."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pianqu.kernels import geo

Line = tuple[int, Mapping[str, object]]
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00:00)?")


class Bad(Exception):
    """Why a cell or line cannot be taken."""


class Formula(str):
    """A cell that holds a formula: what it comes to is not read."""

    __slots__ = ()


def text(cells: Mapping[str, object], name: str) -> str:
    value = cells.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel keeps codes that look like numbers as numbers
    return "" if value is None else str(value).strip()


def said_columns(keys: Iterable[str], columns: Mapping[str, str]) -> str:
    """Columns as people call them: by the name of the programs only for who reads English, with the Chinese one beside it."""
    if (get_language() or "").startswith("zh"):
        return "、".join(columns[key] for key in keys)
    return ", ".join(f"{key} ({columns[key]})" for key in keys)


def by_name(rows: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, set[str]]:
    """Name or code → the codes it can mean; a name of two is ambiguous."""
    found: dict[str, set[str]] = {}
    for code, names in rows:
        for name in {code, *names}:
            if name:
                found.setdefault(name.casefold(), set()).add(code)
    return found


def one(text: str, known: Mapping[str, set[str]], missing: tuple[str, str]) -> str:
    """The code that a name or code means. Raises Bad: `missing` says that nothing was written, or something unknown."""
    found = known.get(text.casefold(), set())
    if len(found) == 1:
        return next(iter(found))
    if found:
        sentence = _("“%(text)s” is the name of several: %(codes)s. Please write the code.")
        raise Bad(sentence % {"text": text[:40], "codes": ", ".join(sorted(found))})
    raise Bad(missing[bool(text)] % {"text": text[:40]})


def position(cells: Mapping[str, object], crs: str) -> tuple[float, float] | None:
    """Longitude and latitude in WGS 84, None where neither is written. Raises Bad."""
    written = text(cells, "lon"), text(cells, "lat")
    if not any(written):
        return None
    try:
        lon, lat = (float(part) for part in written)
        return geo.wgs84(lon, lat) if crs == "GCJ-02" else (lon, lat)
    except (ValueError, OverflowError):
        raise Bad(_("“%(text)s” is no position.") % {"text": ", ".join(written)[:40]}) from None


def day(cells: Mapping[str, object], name: str) -> date | None:
    """The day that is written there, None where nothing is. Raises Bad."""
    value = cells.get(name)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    written = text(cells, name)
    if not written:
        return None
    found = _DAY.fullmatch(written)
    try:
        return date(*(int(part) for part in found.groups())) if found else _no_day(written)
    except ValueError:
        return _no_day(written)


def _no_day(text: str) -> date:
    raise Bad(_("“%(text)s” is no day. Please write 2026-01-31.") % {"text": text[:40]})
