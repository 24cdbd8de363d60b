"""`pianqu plan clusters` and `cells` after their options are read: files in, kernel, files out, and a few lines for who waits."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.composition.planning import fronts, partitions
from pianqu.composition.planning.answering import IMPOSSIBLE, STOPPED, WRITTEN
from pianqu.composition.planning.ensemble import searched
from pianqu.composition.planning.maps import beside, write
from pianqu.composition.planning.partitions import Asked, Outcome, Rules, Stage
from pianqu.composition.planning.sentences import told
from pianqu.composition.planning.units import Fields, Given, Near, neighbours, read_centres, read_locks, read_units
from pianqu.composition.planning.watching import watched
from pianqu.composition.planning.writing import as_text, check_places, whole
from pianqu.foundation.errors import Invalid
from pianqu.kernels.partition.cells import Band
from pianqu.kernels.partition.front import settings
from pianqu.kernels.partition.level import SCALE
from pianqu.kernels.partition.problem import FINE
from pianqu.kernels.partition.reasons import Reason
from pianqu.kernels.partition.search import Progress
from pianqu.kernels.saying import Said

TOLD = 10
"""Notes and borders that are shown; the report has all."""


def clusters(given: argparse.Namespace) -> int:
    """The exit code. Raises Problem for files that cannot be used."""
    names = dict(given.keep)
    asked = Asked(
        kind="clusters",
        balance=given.balance,
        seed=given.seed,
        sweeps=given.effort,
        fields=Fields(own=_own(given), areas=tuple(names), balance=given.balance, now=given.now),
        near=_near(given),
        weights=names,
        clusters=given.clusters,
        tolerance=round(given.tolerance * FINE / 100),
        moved=given.moved if given.now else 0,
    )
    return _choice(given, asked) if given.plans else _plan(given, asked)


def cells(given: argparse.Namespace) -> int:
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


def _plan(given: argparse.Namespace, asked: Asked) -> int:
    read, rules, report = _read(given, asked, beside(given.out, asked.kind))
    with watched() as watch:
        try:
            outcome = partitions.solve(
                asked, read, rules, lambda stage: watch.goes_on(lambda: _progress(stage, asked.task.tries))
            )
        except Said as error:
            raise Invalid("plan-question", told(error.sentence)) from error
    whole(report, as_text(partitions.report(outcome)).encode())
    written = write(given.out, outcome) if outcome.plan else ()
    _say_why(outcome.reasons)
    _say(outcome, [*written, report])
    if outcome.stopped:
        return STOPPED
    return WRITTEN if outcome.holds else IMPOSSIBLE


def _choice(given: argparse.Namespace, asked: Asked) -> int:
    """Several plans instead of one."""
    read, rules, report = _read(given, asked, fronts.units_beside(given.out))
    units, task = partitions.units_of(asked, read, rules), partitions.task_of(asked, rules)
    tasks = settings(units, task, given.plans)
    workers = given.workers or len(os.sched_getaffinity(0))
    with watched() as watch:
        tried = tuple(
            searched(
                units,
                tasks,
                how="ray" if given.ray else "processes",
                workers=workers,
                address=given.ray,
                goes_on=lambda done: watch.goes_on(
                    lambda: _("%(done)s of %(all)s searches are done.") % {"done": done, "all": len(tasks)}
                ),
            )
        )
    choice = fronts.Choice(asked=asked, given=read, rules=rules, settings=len(tasks), tried=tried)
    whole(report, as_text(fronts.report(choice)).encode())
    written = fronts.write(given.out, choice) if choice.best else ()
    _say_why(choice.reasons)
    _say_choice(choice, [*written, report])
    if choice.stopped:
        return STOPPED
    return WRITTEN if choice.best else IMPOSSIBLE


def _read(given: argparse.Namespace, asked: Asked, second: Path) -> tuple[Given, Rules, Path]:
    """Units, rules, and the place of the report; `second` is written beside the plan."""
    files = {
        role: path
        for role in ("adjacent", "bridges", "lock", "centres")
        if (path := getattr(given, role, None)) is not None
    }
    report: Path = given.report or given.out.with_name(f"{given.out.stem}.report.json")
    check_places(given.out, report, second, [given.units, *files.values()])
    read = read_units(given.units, asked.fields, asked.near)
    return read, _rules(files, read, asked), report


def _progress(stage: Stage, tries: int) -> str:
    if not isinstance(stage, Progress):
        return _("Micro-cells: %(done)s of %(all)s cells are done.") % {"done": stage[0], "all": stage[1]}
    progress = stage
    words = {"try": progress.tries + 1, "tries": tries, "score": -(-progress.score // SCALE), "over": progress.over}
    if progress.over:
        return _("Try %(try)s of %(tries)s: none within the limits yet, over by %(over)s.") % words
    return _("Try %(try)s of %(tries)s: best score %(score)s.") % words


def _say_choice(choice: fronts.Choice, files: Sequence[Path]) -> None:
    lines = _notes(choice.given)
    words = {"searched": len(choice.tried), "settings": choice.settings, "plans": len(choice.best)}
    if choice.stopped:
        lines.append(_("Stopped after %(searched)s of %(settings)s searches.") % words)
    lines.append(_("%(searched)s searches; %(plans)s plans that no other beats in everything.") % words)
    for number, (_task, plan) in list(enumerate(choice.best, 1))[:TOLD]:
        figures = plan.figures
        line = {
            "number": number,
            "deviation": f"{figures.deviation * 100 / FINE:.2f}",
            "cut": figures.cut,
            "splits": figures.splits,
        }
        sentence = _("%(number)s: deviation %(deviation)s %%, cut borders %(cut)s, split areas %(splits)s")
        also = _("%(line)s, moved households %(moved)s") if choice.asked.fields.now else "%(line)s"
        lines.append(also % {"line": sentence % line, "moved": figures.moved})
    _end(lines, files)


def _notes(given: Given) -> list[str]:
    """What was found wrong with the files: the first of it."""
    notes = [told(note) for note in given.notes]
    left = len(notes) - TOLD
    return notes[:TOLD] + ([_("%(count)s more notes are in the report.") % {"count": left}] if left > 0 else [])


def _end(lines: Sequence[str], files: Sequence[Path]) -> None:
    last = _("Written: %(files)s") % {"files": ", ".join(str(path) for path in files)}
    sys.stdout.write("\n".join([*lines, last]) + "\n")


def _say_why(reasons: Sequence[Reason]) -> None:
    """The first of them, and how many more there are: of a thousand buildings apart nobody reads a thousand lines."""
    lines = [_why(reason) for reason in reasons[:TOLD]]
    if left := len(reasons) - len(lines):
        lines.append(_("%(count)s more reasons are in the report.") % {"count": left})
    sys.stderr.writelines(f"{line}\n" for line in lines)


def _why(reason: Reason) -> str:
    """The reason, the tolerance that would remove it, where one would, and what else to do."""
    said = told(reason.sentence)
    if reason.tolerance is not None:
        words = {"reason": said, "percent": f"{reason.tolerance * 100 / FINE:.2f}"}
        said = _("%(reason)s It would need a tolerance of at least %(percent)s %%.") % words
    return _("%(reason)s %(advice)s") % {"reason": said, "advice": told(reason.advice)} if reason.advice else said


def _rules(files: dict[str, Path], read: Given, asked: Asked) -> Rules:
    bridges = neighbours(files["bridges"], read.units) if "bridges" in files else ()
    return Rules(
        locks=read_locks(files["lock"], read.units, asked.clusters) if "lock" in files else {},
        centres=read_centres(files["centres"], read.units) if "centres" in files else (),
        bridges=tuple((one, other) for one, other, _metres in bridges),
        files=files,
    )


def _say(outcome: Outcome, files: Sequence[Path]) -> None:
    lines = _notes(outcome.given)
    if outcome.stopped:
        lines.append(_("Stopped before the end: this is the best plan that was found until then."))
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
    if found and outcome.asked.fields.now:
        words = {"units": len(partitions.moved(outcome)), "moved": found.figures.moved}
        lines.append(_("%(units)s units with %(moved)s households get another cluster than now.") % words)
    _end([*lines, *_micro(outcome)], files)


def _micro(outcome: Outcome) -> list[str]:
    if outcome.micro is None:
        return []
    lines = [_("%(count)s micro-cells.") % {"count": len(outcome.micro.cells)}]
    if outcome.stopped:
        left = len(set(outcome.plan.part if outcome.plan else ())) - len(partitions.asked_for_micro(outcome.micro))
        lines.append(_("%(count)s cells have no micro-cells yet: it was stopped before.") % {"count": left})
    lines += [
        _("Cell %(cell)s has no micro-cells: %(why)s") % {"cell": cell + 1, "why": told(reason.sentence)}
        for cell, reason in partitions.lacking(outcome.micro)[:TOLD]
    ]
    lines += [
        _("Cell %(cell)s: %(why)s") % {"cell": cell + 1, "why": told(reason.sentence)}
        for cell, reason in partitions.nearest(outcome.micro)[:TOLD]
    ]
    if names := [one.name for one in partitions.outside(outcome)]:
        words = {"count": len(names), "names": ", ".join(names[:TOLD]) + (" …" if len(names) > TOLD else "")}
        lines.append(_("Micro-cells outside their limits: %(count)s (%(names)s).") % words)
    return lines
