"""`pianqu plan clusters` and `cells` after their options are read: files in, kernel, files out, and a few lines for who waits."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.composition.planning import partitions
from pianqu.composition.planning.maps import beside, write
from pianqu.composition.planning.partitions import Asked, Outcome, Rules
from pianqu.composition.planning.sentences import told
from pianqu.composition.planning.units import Fields, Given, Near, neighbours, read_centres, read_locks, read_units
from pianqu.composition.planning.writing import as_text, check_places, whole
from pianqu.foundation.errors import Invalid
from pianqu.kernels.partition.cells import Band
from pianqu.kernels.partition.problem import FINE
from pianqu.kernels.partition.reasons import Reason
from pianqu.kernels.saying import Said

TOLD = 10
"""Notes and borders that are shown; the report has all."""


def clusters(given: argparse.Namespace) -> bool:
    """Whether a plan within its limits was written. Raises Problem for files that cannot be used."""
    names = dict(given.keep)
    asked = Asked(
        kind="clusters",
        balance=given.balance,
        seed=given.seed,
        sweeps=given.effort,
        fields=Fields(own=_own(given), areas=tuple(names), balance=given.balance),
        near=_near(given),
        weights=names,
        clusters=given.clusters,
        tolerance=round(given.tolerance * FINE / 100),
    )
    return _plan(given, asked)


def cells(given: argparse.Namespace) -> bool:
    """Likewise."""
    names = dict(given.keep)
    areas = tuple(dict.fromkeys((*names, *([given.whole] if given.whole else []))))
    asked = Asked(
        kind="cells",
        balance="households",
        seed=given.seed,
        sweeps=given.effort,
        fields=Fields(own=_own(given), areas=areas, balance="households"),
        near=_near(given),
        weights=names,
        cell=Band(least=given.cell[0], most=given.cell[1], work=given.work),
        micro=Band(least=given.micro[0], most=given.micro[1]) if given.micro else None,
        whole=given.whole,
    )
    return _plan(given, asked)


def _own(given: argparse.Namespace) -> dict[str, str]:
    return {role: name for role in ("code", "population", "households", "workload") if (name := getattr(given, role))}


def _near(given: argparse.Namespace) -> Near:
    return Near(crs=given.crs, table=given.adjacent, border_m=given.border, near_m=given.near)


def _plan(given: argparse.Namespace, asked: Asked) -> bool:
    files = {
        role: path
        for role in ("adjacent", "bridges", "lock", "centres")
        if (path := getattr(given, role, None)) is not None
    }
    report = given.report or given.out.with_name(f"{given.out.stem}.report.json")
    check_places(given.out, report, beside(given.out, asked.kind), [given.units, *files.values()])
    read = read_units(given.units, asked.fields, asked.near)
    try:
        outcome = partitions.solve(asked, read, _rules(files, read, asked))
    except Said as error:
        raise Invalid("plan-question", told(error.sentence)) from error
    whole(report, as_text(partitions.report(outcome)).encode())
    written = write(given.out, outcome) if outcome.plan else ()
    sys.stderr.writelines(f"{_why(reason)}\n" for reason in outcome.reasons)
    _say(outcome, [*written, report])
    return outcome.holds


def _why(reason: Reason) -> str:
    """The reason, and the tolerance that would remove it, where one would."""
    if reason.tolerance is None:
        return told(reason.sentence)
    words = {"reason": told(reason.sentence), "percent": f"{reason.tolerance * 100 / FINE:.2f}"}
    return _("%(reason)s It would need a tolerance of at least %(percent)s %%.") % words


def _rules(files: dict[str, Path], read: Given, asked: Asked) -> Rules:
    bridges = neighbours(files["bridges"], read.units) if "bridges" in files else ()
    return Rules(
        locks=read_locks(files["lock"], read.units, asked.clusters) if "lock" in files else {},
        centres=read_centres(files["centres"], read.units) if "centres" in files else (),
        bridges=tuple((one, other) for one, other, _metres in bridges),
        files=files,
    )


def _say(outcome: Outcome, files: Sequence[Path]) -> None:
    notes = [told(note) for note in outcome.given.notes]
    lines = notes[:TOLD]
    if len(notes) > TOLD:
        lines.append(_("%(count)s more notes are in the report.") % {"count": len(notes) - TOLD})
    found = outcome.plan
    if found:
        figures = found.figures
        words = {
            "count": max(found.part) + 1,
            "deviation": f"{figures.deviation * 100 / FINE:.2f}",
            "cut": figures.cut,
            "splits": figures.splits,
            "score": figures.score,
        }
        sentence = (
            _(
                "%(count)s cells, largest deviation from the mean %(deviation)s %%; cut borders %(cut)s, split areas %(splits)s."
            )
            if outcome.asked.cell
            else _(
                "%(count)s clusters, largest deviation from the mean %(deviation)s %%; cut borders %(cut)s, "
                "split areas %(splits)s, score %(score)s."
            )
        )
        lines.append(sentence % words)
    lines += _micro(outcome)
    lines.append(_("Written: %(files)s") % {"files": ", ".join(str(path) for path in files)})
    sys.stdout.write("\n".join(lines) + "\n")


def _micro(outcome: Outcome) -> list[str]:
    if outcome.micro is None:
        return []
    lines = [_("%(count)s micro-cells.") % {"count": len(outcome.micro.cells)}]
    lines += [
        _("Cell %(cell)s has no micro-cells: %(why)s") % {"cell": cell + 1, "why": told(reason.sentence)}
        for cell, reason in outcome.micro.reasons[:TOLD]
    ]
    if names := [one.name for one in partitions.outside(outcome)]:
        words = {"count": len(names), "names": ", ".join(names[:TOLD]) + (" …" if len(names) > TOLD else "")}
        lines.append(_("Micro-cells outside their limits: %(count)s (%(names)s).") % words)
    return lines
