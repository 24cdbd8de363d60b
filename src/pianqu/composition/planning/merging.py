"""`pianqu plan merge` after its options are read: files in, overlay, files out, and what was found in a few lines."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.composition.planning.answering import WRITTEN
from pianqu.composition.planning.cell_files import CELLS, cells
from pianqu.composition.planning.duties import duties, read_posts
from pianqu.composition.planning.editions import TABLE, editions
from pianqu.composition.planning.editions import WORKBOOK as EDITIONS
from pianqu.composition.planning.extras import Extra
from pianqu.composition.planning.grids import Wanted, check_keep, read_grids
from pianqu.composition.planning.merge_files import NAMES, counted, files, sums, versions, with_report
from pianqu.composition.planning.merged import Merged, Place, merged
from pianqu.composition.planning.proposing import Wish, proposed
from pianqu.composition.planning.sentences import told
from pianqu.composition.planning.writing import whole
from pianqu.foundation.errors import Invalid
from pianqu.kernels.overlay.findings import Finding, in_groups, sentence
from pianqu.kernels.partition.cells import Band
from pianqu.kernels.saying import Said

ALL_NAMES = (*NAMES, TABLE, EDITIONS, CELLS)
LISTED = 12
"""Kinds of findings that are told before a file is pointed to."""


def merge(given: argparse.Namespace) -> int:
    """Read, merge, write and tell; there always is a merge. Raises Problem, before anything is written, for bad files."""
    wanted = Wanted(
        grids=given.grids,
        district=given.district,
        households=given.households,
        codes=dict(given.codes),
        systems=dict(given.systems),
    )
    tables = [path for path in (given.old, given.new) if path]
    _check_asked(given, wanted)
    if len(tables) == 1 or not (tables or wanted.grids):
        raise Invalid(
            "plan-nothing", _("Please name grids (--in), or two editions of codes (--old and --new), or both.")
        )
    check_folder(given.out, [*wanted.paths, *tables, *(path for _name, path in given.duties)])
    check_keep(given.keep, wanted)
    extras = [editions(given.old, given.new)] if tables else []
    made, said = _grids(given, wanted, extras) if wanted.grids else (_no_grids(extras), [])
    _make(given.out)
    for name, content in made.items():
        whole(given.out / name, content)
    said += [line for extra in extras for line in extra.lines]
    sys.stdout.write("\n".join([*said, _written(given.out, made)]) + "\n")
    return WRITTEN


def _check_asked(given: argparse.Namespace, wanted: Wanted) -> None:
    """Refuse, before anything is computed, what says something about a grid that there is not."""
    names = [name for name, _path in given.duties]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise Invalid("plan-duties", _("%(name)s has two tables of duties.") % {"name": twice[0]})
    for name in (*names, *([given.within] if given.within else [])):
        check_keep(name, wanted)
    if given.cells and not (given.district and given.households):
        raise Invalid("plan-cells", _("Cells are proposed where --district and --households are given."))


def _no_grids(extras: Sequence[Extra]) -> dict[str, bytes]:
    return with_report({}, {"plan": "merge", "versions": versions()}, extras)


def _grids(given: argparse.Namespace, wanted: Wanted, extras: list[Extra]) -> tuple[dict[str, bytes], list[str]]:
    """All files, and what is said of the grids."""
    try:
        found = merged(read_grids(wanted), tolerance_m=given.tolerance, keep=given.keep)
    except Said as refusal:
        raise Invalid("plan-merge", told(refusal.sentence)) from refusal
    posts = read_posts(dict(given.duties), found)
    if posts:
        extras.append(duties(dict(given.duties), found, posts))
    if given.cells:
        wish = Wish(
            band=Band(least=given.cells[0], most=given.cells[1]),
            within=given.within,
            seed=given.seed,
            sweeps=given.effort,
        )
        extras.append(cells(found, proposed(found, wish), posts))
    settings = {
        "tolerance_m": given.tolerance,
        "keep": given.keep,
        "codes": dict(sorted(wanted.codes.items())),
        "systems": dict(sorted(wanted.systems.items())),
    }
    return files(found, settings, extras), lines(found)


def check_folder(folder: Path, inputs: Sequence[Path]) -> None:
    """Refuse a folder that cannot be, or in which an input would be overwritten."""
    if folder.exists() and not folder.is_dir():
        raise Invalid("plan-out-folder", _("%(folder)s is a file: --out names a folder.") % {"folder": folder})
    if not folder.exists() and not folder.absolute().parent.is_dir():
        raise Invalid("plan-out-folder", _("There is no folder %(folder)s.") % {"folder": folder.parent})
    places = {(folder / name).resolve() for name in ALL_NAMES}
    for path in inputs:
        if path.resolve() in places:
            sentence = _("%(file)s is one of the inputs and would be overwritten: please name another folder.")
            raise Invalid("plan-out-input", sentence % {"file": path.name})


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        words = {"file": folder, "why": error.strerror or error}
        raise Invalid("plan-out", _("%(file)s cannot be written (%(why)s).") % words) from error


def _written(folder: Path, names: Iterable[str]) -> str:
    return _("Written: %(files)s") % {"files": ", ".join(str(folder / name) for name in names)}


def lines(found: Merged) -> list[str]:
    """What whoever waits is told."""
    made = found.refinement
    words = {
        "grids": len(made.layers),
        "places": in_groups(len(found.places)),
        "slivers": in_groups(made.slivers),
        "area": in_groups(made.sliver_m2),
    }
    first = _("%(grids)s grids make %(places)s places; %(slivers)s slivers (%(area)s m²) went to their neighbours.")
    return [first % words, *_problems(found.findings), *_cover(found), *_homes(found), *_errors(found)]


def _problems(findings: Sequence[Finding]) -> list[str]:
    """The first finding of each kind and grid, and how many are like it."""
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        kinds.setdefault((finding.code, finding.layer), []).append(finding)
    said = [
        _("%(grid)s: if its codes have another heading, name it: --code %(grid)s=COLUMN") % {"grid": layer}
        for code, layer in kinds
        if code == "code-missing"
    ]
    for several in list(kinds.values())[:LISTED]:
        more = len(several) - 1
        first = told(sentence(several[0]))
        also = _("%(first)s (and %(count)s more like it)") % {"first": first, "count": more}
        said.append(f"- {also if more else first}")
    left = sum(len(several) for several in list(kinds.values())[LISTED:])
    return [*said, "- " + _("%(count)s more stand in findings.csv") % {"count": left}] if left else said


def _cover(found: Merged) -> list[str]:
    said = []
    if not found.grids.outline:
        said.append(_("Without the district's border (--district), only gaps that the grids enclose can be seen."))
    if found.uncovered:
        said.append(
            _sum(
                _("Places that no department covers: %(places)s (%(size)s), see uncovered.geojson"),
                found,
                found.uncovered,
            )
        )
    else:
        said.append(_("No place is without a department."))
    if found.twice:
        said.append(
            _sum(_("Places that one grid covers twice: %(places)s (%(size)s), see twice.csv"), found, found.twice)
        )
    return said


def _sum(words: str, found: Merged, places: Sequence[Place]) -> str:
    figures = sums(found, places)
    size = _("%(area)s m²") if figures["count"] is None else _("%(area)s m², %(counted)s: %(count)s")
    return words % {
        "places": figures["places"],
        "size": size % {"area": in_groups(figures["area_m2"]), "counted": counted(found), "count": figures["count"]},
    }


def _homes(found: Merged) -> list[str]:
    if not found.outside:
        return []
    words = {"counted": counted(found), "count": found.outside}
    return [_("In none of the places (%(counted)s): %(count)s; the crosswalk counts them under nobody.") % words]


def _errors(found: Merged) -> list[str]:
    if found.grids.households or not found.pairs:
        return []
    worst = max(max(pair.there.misplaced, pair.back.misplaced) for pair in found.pairs)
    sentence = _(
        "The crosswalk goes by area: if people live in clumps, up to %(share)s %% may be in a wrong row (--households is exact)."
    )
    return [sentence % {"share": f"{100 * worst:.0f}"}]
