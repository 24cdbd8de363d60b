"""`pianqu import year FILE`: the State Council's yearly notice becomes the calendar; provisional due dates become certain.

The file is TOML: `year = 2027`, `notice = "…"`, `off = ["2027-01-01..2027-01-03", …]`, `worked = ["2027-01-09"]`.
"""

import sys
import tomllib
from pathlib import Path

from django.utils import timezone

from pianqu.composition.chores import system_actor
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import services


def run(path: Path) -> int:
    """Take the year in; 0 when it was. Raises Invalid with the wrong line or day."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid("year-unreadable", f"{path} cannot be read: {error}. Nothing was changed.") from error
    year, off, worked = table.get("year"), _texts(table.get("off")), _texts(table.get("worked", []))
    if not isinstance(year, int) or off is None or worked is None:
        raise Invalid("year-incomplete", f"{path} needs year (a number) and off (a list of days). Nothing was changed.")
    moved = services.announce_year(
        actor=system_actor(),
        year=year,
        off=off,
        worked=worked,
        notice=str(table.get("notice", "")),
        now=timezone.now(),
    )
    sys.stdout.write(f"{year} is known now; {moved} due dates were computed anew. 已导入，{moved} 件重新计算期限。\n")
    return 0


def _texts(value: object) -> list[str] | None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return [str(item) for item in value]
