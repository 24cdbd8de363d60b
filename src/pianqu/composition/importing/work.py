"""One import from start to end, with Django set up: checks, rows, rejects, sealing, the table of counts."""

import fcntl
import sys
from pathlib import Path
from typing import TextIO

from django.utils import timezone

from pianqu.composition import wiring
from pianqu.composition.importing.mapping import Mapping
from pianqu.composition.importing.report import Progress, table
from pianqu.composition.importing.run import Tally, check_columns, import_rows, opened_table, prepare_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger


def run(path: Path, mapping: Mapping, *, rejects: Path | None, seal: bool) -> int:
    """Import the file into this process's installation and say what became of it; 0 when the counts add up."""
    check_columns(path, mapping)
    _check_district(mapping)
    actor = Actor(kind="system", organisation_code=casework.centre_code())
    prepare_district(mapping, actor=actor, now=timezone.now())
    told = rejects or installation().data / "imports" / f"{mapping.label}.rejects.csv"
    tally, seconds = _import(path, mapping, told, actor)
    sys.stdout.write(table(tally, seconds))
    if tally.rejected:
        sys.stdout.write(f"  rejected rows with their reasons: {told}\n")
    if seal:
        _seal()
    return 0 if tally.adds_up() else 1


def _check_district(mapping: Mapping) -> None:
    """Cases of two districts never share a data folder."""
    origin = ledger.log().origin.split("/")
    if origin[0] == "pianqu.invalid" and origin[1:2] != [mapping.district_code.lower()]:
        raise Refused(
            "other-district",
            f"The data folder {installation().data} belongs to district {origin[1]}; this file is of "
            f"{mapping.district_code}. Choose another folder with --data DIR. Nothing was changed.",
        )


def _import(path: Path, mapping: Mapping, told: Path, actor: Actor) -> tuple[Tally, float]:
    """The rejects file is complete when it has its name: it is written beside, locked, and renamed."""
    told.parent.mkdir(parents=True, exist_ok=True)
    fresh = told.with_name(f"{told.name}.new")
    with opened_table(path) as (rows, part), fresh.open("a+", encoding="utf-8", newline="") as rejects:
        _only_one(rejects, mapping)
        progress = Progress(part)
        tally = import_rows(rows, mapping, rejects=rejects, actor=actor, clock=timezone.now, progress=progress)
        fresh.replace(told)
    return tally, progress.end()


def _only_one(rejects: TextIO, mapping: Mapping) -> None:
    try:
        fcntl.flock(rejects, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Refused(
            "import-running", f"An import of {mapping.label} is running already. Wait for it, or stop it first."
        ) from error
    rejects.truncate(0)


def _seal() -> None:
    sys.stderr.write("sealing and counting 正在封存与计数…\n")
    wiring.seal()
    wiring.drain()
    state = ledger.status()
    sys.stdout.write(f"  ledger 账本: {state.size:,} entries sealed, {state.waiting:,} waiting\n")
