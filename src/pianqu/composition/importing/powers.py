"""`pianqu import powers`: a duty list goes into the matrix, with a report that names lines and places."""

import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing.duties import COLUMNS, DutyList, Fault, checked, toml_lines
from pianqu.composition.importing.excel import excel_lines
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.installation import installation
from pianqu.foundation.trial import tried
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.directory.queries import Trouble
from pianqu.rooms.directory.services import PowersReport

SHOWN = 40
"""Lines of each kind that the terminal shows; the rest is counted."""


LARGEST = 20_000_000
"""Bytes of a file."""


def read_list(path: Path, *, source: str = "") -> DutyList:
    """The list in an Excel or TOML file, checked. Raises Invalid for a file that is no list at all."""
    if path.stat().st_size > LARGEST:
        raise Invalid("list-large", _("This file is too large: at most 20 MB."))
    if path.suffix.lower() == ".toml":
        named, lines = toml_lines(path)
        return checked(source or named, lines)
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return checked(source or path.stem, list(excel_lines(path, COLUMNS, optional={"valid_to"})))
    raise Invalid("list-kind", _("This file is neither Excel (.xlsx) nor TOML (.toml)."))


def run(path: Path, *, skip_bad: bool, dry_run: bool, source: str) -> int:
    """Import the list, or only check it; 1 when a bad line stopped it."""
    found = read_list(path, source=source)
    sys.stdout.write(_faults(found.faults, path))
    if found.faults and not skip_bad and not dry_run:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(found.powers)} lines can be taken 可导入, {len(found.faults)} cannot 不可导入.\n")
        if found.powers:
            trial = try_out(found, now=timezone.now())
            sys.stdout.write("If it is imported 若导入：\n" + said(trial.report, found.source, trial.new))
        return 1 if found.faults else 0
    report = take(found, now=timezone.now())
    sys.stdout.write(said(report, found.source))
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What taking a list in would do, and which overlaps and gaps it would bring that are not there today."""

    report: PowersReport
    new: frozenset[Trouble]


def try_out(found: DutyList, *, now: datetime) -> Trial:
    """The list as if it were taken in; nothing is kept. Raises Invalid where no line can be taken."""
    before = directory.troubles(on=timezone.localdate(now), categories=casework.known_codes())
    report = tried(lambda: take(found, now=now))
    return Trial(report=report, new=frozenset({*report.overlaps, *report.gaps} - set(before)))


def take(found: DutyList, *, actor: Actor | None = None, now: datetime) -> PowersReport:
    """The good lines of a list into the matrix, as the installation itself unless somebody did it."""
    if not found.powers:
        raise Invalid("list-empty", _("No line of the list can be taken. Nothing was changed."))
    actor = actor or Actor(kind="system", organisation_code=installation().district_code)
    return services.import_powers(
        actor=actor, rows=found.powers, source=found.source, categories=casework.known_codes(), now=now
    )


def _faults(faults: Iterable[Fault], path: Path) -> str:
    lines = [f"{path.name}, line 第 {fault.number} 行: {fault.reason}\n" for fault in faults]
    return "".join(lines[:SHOWN]) + (f"… and {len(lines) - SHOWN} more lines\n" if len(lines) > SHOWN else "")


def said(report: PowersReport, source: str, new: Collection[Trouble] = ()) -> str:
    """What was done, then overlaps and gaps with their places by name; those that are new are marked."""
    text = (
        f"{source}: {report.added} added 新增, {report.kept} kept 保留, {report.ended} ended 终止\n"
        f"overlaps 重叠: {len(report.overlaps)}, gaps 空缺: {len(report.gaps)}\n"
    )
    names = _names((*report.overlaps, *report.gaps))
    text += _troubles("overlap 重叠", report.overlaps, names, new)
    return text + _troubles("gap 空缺", report.gaps, names, new)


def _names(troubles: Iterable[Trouble]) -> dict[str, str]:
    cards = directory.organisations({code for trouble in troubles for code in trouble.candidates})
    return {code: card.short_name for code, card in cards.items()}


def _troubles(word: str, troubles: tuple[Trouble, ...], names: dict[str, str], new: Collection[Trouble]) -> str:
    lines = []
    for one in troubles[:SHOWN]:
        mark = "new 新增 " if one in new else ""
        who = " / ".join(names.get(code, code) for code in one.candidates)
        cited = f" ({'; '.join(one.articles)})" if one.articles else ""
        lines.append(
            f"  {mark}{word}: {one.category}, {one.place_name} {one.place_code}, {one.on:%Y-%m-%d}: {who}{cited}\n"
        )
    rest = Counter(one.category for one in troubles[SHOWN:])
    lines += [f"  … and {count} more of {category}\n" for category, count in sorted(rest.items())]
    return "".join(line.replace(": \n", "\n") for line in lines)
