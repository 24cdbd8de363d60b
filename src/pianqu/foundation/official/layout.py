"""The measures of GB/T 9704—2012 that Word and PDF share, and which faces are installed here."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import typst

TOP_MM, BINDING_MM, TYPE_WIDTH_MM, TYPE_HEIGHT_MM = 37.0, 28.0, 156.0, 225.0
PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
OUTER_MM = PAGE_WIDTH_MM - BINDING_MM - TYPE_WIDTH_MM
BOTTOM_MM = PAGE_HEIGHT_MM - TOP_MM - TYPE_HEIGHT_MM
LINES, CHARACTERS = 22, 28
POINTS_PER_MM = 72 / 25.4
SIZE_2, SIZE_3, SIZE_4, SIZE_TABLE = 22.0, 16.0, 14.0, 12.0
"""二号、三号、四号、小四, in points."""
LINE_PT = TYPE_HEIGHT_MM * POINTS_PER_MM / LINES
CHARACTER_PT = TYPE_WIDTH_MM * POINTS_PER_MM / CHARACTERS
"""Size 3 is a little wider than a twenty-eighth of the type area: characters stand closer by the difference."""
RED = "C00000"

FACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "STZhongsong", "Noto Serif CJK SC"),
        "text": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "STFangsong", "Noto Serif CJK SC"),
        "first": ("SimHei", "黑体", "STHeiti", "Noto Sans CJK SC"),
        "second": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "STKaiti", "Noto Serif CJK SC"),
        "number": ("SimSun", "宋体", "STSong", "Noto Serif CJK SC"),
    }
)
"""Faces by what they are for, the standard's own first, what a bare machine has last."""
NAMES: Mapping[str, str] = MappingProxyType(
    {"title": "方正小标宋简体", "text": "仿宋_GB2312", "first": "黑体", "second": "楷体_GB2312", "number": "宋体"}
)
"""What Word calls them."""


@lru_cache(maxsize=1)
def installed() -> frozenset[str]:
    """Names of the faces of this machine."""
    return frozenset(typst.Fonts().families())


@lru_cache(maxsize=1)
def faces() -> Mapping[str, str]:
    """The face that is taken for each use; where none of its list is installed, the last one, which the layout replaces."""
    there = installed()
    return {use: next((name for name in names if name in there), names[-1]) for use, names in FACES.items()}


def missing_faces() -> tuple[tuple[str, str], ...]:
    """The standard's faces that are not installed, each with what stands for it in the PDF."""
    return tuple((NAMES[use], face) for use, face in faces().items() if face.startswith("Noto"))
