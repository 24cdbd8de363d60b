"""Translations: one catalogue a room, compiled here with Babel because a bare machine has no msgfmt."""

import os
from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
PLACE = Path("locale") / LOCALE / "LC_MESSAGES" / "django.po"


def catalogues(root: Path) -> Iterator[Path]:
    """Every .po below the package folder `root`."""
    return iter(sorted(root.glob(f"**/{PLACE}")))


def compile_catalogues(root: Path = PACKAGE) -> int:
    """Write each .mo that is missing or older than its .po; answers how many. Quick when there is nothing to do."""
    stale = [po for po in catalogues(root) if _is_stale(po, po.with_suffix(".mo"))]
    for po in stale:
        _compile(po)
    return len(stale)


def _is_stale(po: Path, mo: Path) -> bool:
    return not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns


def _compile(po: Path) -> None:
    with po.open("rb") as source:
        catalogue = read_po(source, locale=LOCALE)
    part = po.with_suffix(f".{os.getpid()}.mo.part")
    with part.open("wb") as target:
        write_mo(target, catalogue)
    part.replace(po.with_suffix(".mo"))
