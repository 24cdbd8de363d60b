"""`pianqu plan reproduce` after its options are read."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from pianqu.composition.planning.answering import IMPOSSIBLE, WRITTEN
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.ids import read_id
from pianqu.foundation.saying import told
from pianqu.kernels.partition.reproducing import Facts, reproduced, units_text


def reproduce(given: argparse.Namespace) -> int:
    """0: all is as it was recorded; 1: it is not. Raises Problem where there is nothing to compute from."""
    text, record, facts = _files(given) if given.units else _entry(given.fact)
    holds = True
    try:
        for line in reproduced(text, record, facts):
            holds = holds and line.holds
            sys.stdout.write(f"{'✓' if line.holds else '✗'} {told(line.sentence)}\n")
            sys.stdout.flush()
    except ValueError as error:
        raise Invalid("plan-record", _("These are no units and record of a plan: %(why)s.") % {"why": error}) from error
    answer = _("Yes: the plan follows from its record.") if holds else _("No: this is not the plan that was recorded.")
    sys.stdout.write(f"{answer}\n")
    return WRITTEN if holds else IMPOSSIBLE


def _files(given: argparse.Namespace) -> tuple[str, Any, Facts]:
    units, record = _json(given.units), _json(given.record)
    try:
        return units_text(units), record, Facts(entry=given.fact or "")
    except (TypeError, ValueError) as error:
        raise Invalid("plan-record", _("%(file)s holds no units of a plan.") % {"file": given.units.name}) from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise Invalid("file-absent", _("There is no file %(path)s.") % {"path": path}) from error
    except ValueError as error:
        raise Invalid("file-broken", _("%(file)s is no JSON.") % {"file": path.name}) from error


def _entry(fact: str) -> tuple[str, Any, Facts]:
    """From the installation: its rooms are loaded only here, since files need none."""
    ledger = import_module("pianqu.rooms.ledger.queries")
    planning = import_module("pianqu.rooms.planning.queries")
    entry_id = read_id(fact)
    item = ledger.entry_item(entry_id) if entry_id else None
    if item is None or item.kind not in {"planning.plan-computed", "planning.draft-adopted"}:
        raise Absent("entry-absent", _("The ledger has no entry %(fact)s of a plan.") % {"fact": fact})
    draft_id = read_id(item.fact["draft_id"])
    record = planning.plan_record(draft_id, for_all=False)
    return planning.draft_units(draft_id).content, record, Facts(entry=str(entry_id), own=item.fact)
