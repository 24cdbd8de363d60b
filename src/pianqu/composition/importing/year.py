"""`pianqu import year FILE`: the State Council's yearly notice becomes the calendar; provisional due dates become certain.

The file is TOML: `year = 2027`, `notice = "…"`, `off = ["2027-01-01..2027-01-03", …]`, `worked = ["2027-01-09"]`.
"""

import sys
import tomllib
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.chores import system_actor
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import services


def run(path: Path) -> int:
    """Take the year in; 0 when it was. Raises Invalid with the wrong line or day."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        sentence = _("%(file)s cannot be read: %(error)s. Nothing was changed.")
        raise Invalid("year-unreadable", sentence % {"file": path.name, "error": error}) from error
    year, off, worked = table.get("year"), _texts(table.get("off")), _texts(table.get("worked", []))
    if not isinstance(year, int) or off is None or worked is None:
        sentence = _("%(file)s needs year (a number) and off (a list of days). Nothing was changed.")
        raise Invalid("year-incomplete", sentence % {"file": path.name})
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
