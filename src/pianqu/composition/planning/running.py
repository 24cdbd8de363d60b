"""`pianqu plan sites` after its options are read: files in, kernel, files out, and a few lines for who waits."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.composition.planning import sites as siting
from pianqu.composition.planning.answering import IMPOSSIBLE, WRITTEN
from pianqu.composition.planning.points import read_candidates, read_demand
from pianqu.composition.planning.sentences import told
from pianqu.composition.planning.sites import Asked, Outcome
from pianqu.composition.planning.ways import ways
from pianqu.composition.planning.writing import as_text, beside, check_places, measure, whole, write
from pianqu.foundation.errors import Invalid
from pianqu.kernels.saying import Said
from pianqu.kernels.siting.model import Infeasible, Plan


def sites(given: argparse.Namespace) -> int:
    """The exit code. Raises Problem for files that cannot be used."""
    inputs = [path for path in (given.demand, given.candidates, given.costs, given.streets) if path]
    report = given.report or given.out.with_name(f"{given.out.stem}.report.json")
    check_places(given.out, report, beside(given.out), inputs)
    placed = given.costs is None
    demand = read_demand(given.demand, weight=given.weight, crs=given.crs, placed=placed)
    candidates = read_candidates(given.candidates, crs=given.crs, placed=placed)
    asked = Asked(
        measure=given.measure,
        sites=given.sites,
        minutes=given.within,
        seed=given.seed,
        rounds=given.rounds,
        detour=given.detour,
        leave_out=given.leave_out,
    )
    found = ways(
        demand.spots,
        candidates.spots,
        costs=given.costs,
        streets=given.streets,
        detour=given.detour,
        crs=given.crs,
    )
    try:
        outcome = siting.plan(asked, demand, candidates, found)
    except Said as error:
        raise Invalid("plan-question", told(error.sentence)) from error
    whole(report, as_text(siting.report(outcome)).encode())
    if isinstance(outcome.answer, Infeasible):
        sys.stderr.writelines(f"{told(reason.sentence)}\n" for reason in outcome.answer.reasons)
        sys.stdout.write(f"{_written([report])}\n")
        return IMPOSSIBLE
    _say(outcome, outcome.answer, [*write(given.out, outcome, outcome.answer), report])
    return WRITTEN


def _say(outcome: Outcome, answer: Plan, files: list[Path]) -> None:
    lines = [
        _("%(measure)s: %(value)s") % {"measure": measure(answer.measure), "value": answer.value},
        _("Proved: no plan is better.")
        if answer.proved
        else _("Not proved: a plan may be better by up to %(gap)s %%.") % {"gap": f"{100 * answer.gap:.2f}"},
        _("Open: %(names)s") % {"names": pgettext("plan", ", ").join(outcome.sites[at].name for at in answer.sites)},
    ]
    if outcome.beyond:
        words = {
            "minutes": f"{outcome.asked.minutes:g}",
            "weight": outcome.beyond.weight,
            "share": f"{100 * outcome.beyond.share:.1f}",
            "points": len(outcome.beyond.points),
        }
        lines.append(_("Beyond %(minutes)s minutes: %(weight)s (%(share)s %%) at %(points)s points.") % words)
    for more in outcome.one_more:
        if more.site is not None:
            words = {"site": outcome.sites[more.site].name, "measure": measure(more.measure)}
            words |= {"before": str(more.before), "after": str(more.after)}
            lines.append(_("One more at %(site)s: %(measure)s from %(before)s to %(after)s.") % words)
    lines.append(_written(files))
    sys.stdout.write("\n".join(lines) + "\n")


def _written(files: Sequence[Path]) -> str:
    return _("Written: %(files)s") % {"files": ", ".join(str(path) for path in files)}
