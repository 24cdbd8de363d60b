"""Duties and workers of departments' grids, laid over one another: who does what where, what two do, and what nobody does."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.composition.importing.cells import Bad, text
from pianqu.composition.planning.extras import Extra, Sheet
from pianqu.composition.planning.merge_files import counted, sums
from pianqu.composition.planning.merged import Merged, Place
from pianqu.composition.planning.points import Cells, digest, read_lines, refuse, whole_number
from pianqu.composition.planning.writing import Rows

NEEDED = {"code": "编码"}
OPTIONAL = {"duties": "职责", "workers": "网格员"}
_BETWEEN = re.compile(r"[、；;，,\n]+")
TOLD = 200
"""Rows of each kind that the report has; the workbook has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is done in a cell of a grid, and by how many."""

    duties: tuple[str, ...]
    workers: int


Posts = Mapping[str, Mapping[str, Post]]
"""By grid and by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """A duty that the same cells of several grids (or of none) have in some places."""

    duty: str
    cells: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]


def read_posts(tables: Mapping[str, Path], merged: Merged) -> Posts:
    """The tables by grid. Raises Invalid for what cannot be used, a code that its grid does not have included."""
    layers = {layer.name: layer for layer in merged.grids.layers}
    return {name: _read(tables[name], {shape.key for shape in layers[name].shapes}) for name in sorted(tables)}


def _read(path: Path, codes: set[str]) -> dict[str, Post]:
    found: dict[str, Post] = {}
    faults: list[tuple[int, str]] = []
    for number, cells in read_lines(path, NEEDED, OPTIONAL):
        try:
            code = text(cells, "code")
            if code not in codes:
                raise Bad(
                    _("the grid has no code “%(text)s”") % {"text": code[:40]} if code else _("the code is missing")
                )
            if code in found:
                raise Bad(_("the code stands on an earlier line already"))
            found[code] = _post(cells)
        except Bad as bad:
            faults.append((number, str(bad)))
    refuse(path, faults)
    return found


def _post(cells: Cells) -> Post:
    named = (one.strip() for one in _BETWEEN.split(text(cells, "duties")))
    return Post(
        duties=tuple(dict.fromkeys(one for one in named if one)),
        workers=whole_number(cells, "workers") if text(cells, "workers") else 0,
    )


def at(posts: Posts, layers: Sequence[str], place: Place) -> dict[str, list[tuple[str, str]]]:
    """Each duty that is done at a place, with grids and codes."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, code in zip(layers, place.atom.members, strict=True):
        for duty in posts.get(name, {}).get(code, _NOBODY).duties:
            found[duty].append((name, code))
    return dict(found)


_NOBODY = Post(duties=(), workers=0)


def common(merged: Merged, posts: Posts) -> tuple[list[Common], list[Common]]:
    """Duties that several grids have in one place, and duties that some have but nobody in these places of the district."""
    names = sorted({duty for cells in posts.values() for post in cells.values() for duty in post.duties})
    twice: defaultdict[tuple[str, tuple[tuple[str, str], ...]], list[Place]] = defaultdict(list)
    missing: defaultdict[str, list[Place]] = defaultdict(list)
    for place in merged.places:
        done = at(posts, merged.refinement.layers, place)
        for duty in names:
            if len(done.get(duty, ())) > 1:
                twice[duty, tuple(done[duty])].append(place)
            elif duty not in done and place.atom.within:
                missing[duty].append(place)
    return (
        [Common(duty=duty, cells=cells, places=tuple(some)) for (duty, cells), some in sorted(twice.items())],
        [Common(duty=duty, cells=(), places=tuple(some)) for duty, some in sorted(missing.items())],
    )


# what is written -------------------------------------------------------------------------------------------------------


def duties(tables: Mapping[str, Path], merged: Merged, posts: Posts) -> Extra:
    """All that can be told of them."""
    twice, missing = common(merged, posts)
    sheets: list[Sheet] = [
        (pgettext("plan", "Duties"), _post_head(merged), _post_rows(merged, posts)),
        (pgettext("plan", "Duties done twice"), _common_head(merged, several=True), _common_rows(merged, twice)),
        (pgettext("plan", "Duties nobody does"), _common_head(merged), _common_rows(merged, missing)),
    ]
    told: dict[str, Any] = {
        "grids": [
            {
                "grid": name,
                "file": tables[name].name,
                "sha256": digest(tables[name]),
                "cells": len(cells),
                "workers": sum(post.workers for post in cells.values()),
                "posts": {code: {"duties": list(post.duties), "workers": post.workers} for code, post in cells.items()},
            }
            for name, cells in posts.items()
        ],
        "done_twice": [_told(merged, one) for one in twice[:TOLD]],
        "done_twice_rows": len(twice),
        "done_by_nobody": [_told(merged, one) for one in missing[:TOLD]],
    }
    return Extra(sheets=tuple(sheets), told={"duties": told}, lines=tuple(_lines(posts, twice, missing)))


def _told(merged: Merged, one: Common) -> dict[str, Any]:
    cells = [{"grid": name, "code": code} for name, code in one.cells]
    return {"duty": one.duty, **({"cells": cells} if cells else {}), **sums(merged, one.places)}


def _post_head(merged: Merged) -> list[str]:
    what = [counted(merged)] if merged.grids.households else []
    head = [pgettext("plan", "grid"), pgettext("plan", "code"), pgettext("plan", "area (m²)"), *what]
    return [*head, pgettext("plan", "workers"), pgettext("plan", "duties")]


def _post_rows(merged: Merged, posts: Posts) -> Rows:
    """A line for every cell of every grid that has a table, also for one that stands in none."""
    rows: Rows = []
    for number, name in enumerate(merged.refinement.layers):
        if name in posts:
            places: defaultdict[str, list[Place]] = defaultdict(list)
            for place in merged.places:
                places[place.atom.members[number]].append(place)
            for code in sorted({*places, *posts[name]} - {""}):
                post, figures = posts[name].get(code, _NOBODY), sums(merged, places[code])
                what = [figures["count"]] if merged.grids.households else []
                rows.append((name, code, round(figures["area_m2"]), *what, post.workers, _listed(post.duties)))
    return rows


def _listed(words: Sequence[str]) -> str:
    return pgettext("plan", ", ").join(words)


def _common_head(merged: Merged, *, several: bool = False) -> list[str]:
    what = [counted(merged)] if merged.grids.households else []
    cells = [pgettext("plan", "done by")] if several else []
    return [pgettext("plan", "duty"), *cells, pgettext("plan", "places"), pgettext("plan", "area (m²)"), *what]


def _common_rows(merged: Merged, some: Sequence[Common]) -> Rows:
    rows: Rows = []
    for one in some:
        figures = sums(merged, one.places)
        cells = [_listed([f"{name} {code}" for name, code in one.cells])] if one.cells else []
        what = [figures["count"]] if merged.grids.households else []
        rows.append((one.duty, *cells, figures["places"], round(figures["area_m2"]), *what))
    return rows


def _lines(posts: Posts, twice: Sequence[Common], missing: Sequence[Common]) -> list[str]:
    cells = [post for some in posts.values() for post in some.values()]
    words = {
        "cells": len(cells),
        "duties": len({duty for post in cells for duty in post.duties}),
        "workers": sum(post.workers for post in cells),
        "twice": len({one.duty for one in twice}),
        "missing": len(missing),
    }
    return [
        _("Duties: %(duties)s in %(cells)s cells with %(workers)s workers.") % words,
        _("%(twice)s duties are done twice somewhere, %(missing)s are done by nobody somewhere; see the workbook.")
        % words,
    ]
