"""What a merge may write besides: sheets of the workbook, files, parts of the report, lines for who waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pianqu.composition.planning.writing import Rows

Sheet = tuple[str, list[str], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """One of such parts."""

    sheets: tuple[Sheet, ...] = ()
    """Of the workbook of crosswalks."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    workbooks: Mapping[str, bytes] = field(default_factory=dict)
    """Files that say when they were saved: the report has no digest of them."""
    told: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
