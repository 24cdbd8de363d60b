"""The A3 sheet of a plan: map, table, figures, seed, digests. Laid out by Typst; words reach it as data, never as markup."""

import json
import uuid
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import typst
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.official import layout
from pianqu.foundation.templatetags.ui import listed
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import DraftState, Written
from pianqu.rooms.planning.views import balance, cards
from pianqu.rooms.planning.views.acting import actor_of
from pianqu.rooms.planning.views.comparing import pairs
from pianqu.rooms.planning.views.drawn import TINTS, drawing
from pianqu.rooms.planning.views.figures import Moved, moved, tones

MANY_ROWS, SOME_ROWS = 40, 32
"""More rows than the first do not fit beside the map; then so many are shown, the farthest beyond their limits."""
MOST_MOVES, MOST_NAMES = 14, 8


@never_cache
@login_required
@require_safe
def sheet(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The plan as it stands, for a wall or a meeting."""
    state = queries.draft_state(actor_of(request), draft_id, now=timezone.now())
    written = queries.units_of(state.units_id)
    shades = tones(written, state.part, len(state.names))
    drawn = drawing(state, queries.units_text(state.units_id), shades, written.units.home)
    made = _laid_out(json.dumps({**_content(state, written, shades), "map": drawn}, ensure_ascii=False, sort_keys=True))
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="plan-{state.id}-{state.revision}.pdf"'
    return response


@lru_cache(maxsize=4)
def _laid_out(content: str) -> bytes:
    source = files("pianqu.rooms.planning.views").joinpath("sheet.typ").read_bytes()
    made, _warnings = typst.compile_with_warnings(source, sys_inputs={"content": content})
    return bytes(made if isinstance(made, bytes) else made[0])


def _content(state: DraftState, written: Written, shades: tuple[int, ...]) -> dict[str, Any]:
    """What the layout is given, in the reader's language."""
    page = cards.page(state, written, -1)
    found = balance.rows(state, written, -1)
    shown = found if len(found) <= MANY_ROWS else balance.worst_first(state, found)[:SOME_ROWS]
    return {
        "faces": dict(layout.faces()),
        "title": state.title,
        "state": _state(state),
        "head": [page.cluster_word, page.unit_word, page.balance_word, _("Deviation")],
        "rows": [
            [TINTS[shades[row.number] - 1], row.name, str(row.size), f"{row.load:,}".replace(",", "\u2009"), row.off]
            for row in shown
        ],
        "more": _and_more(len(found) - len(shown)),
        "figures_head": ["", _("in force"), pgettext("column", "plan")],
        "figures": [[pair.label, pair.before, pair.after] for pair in pairs(state)],
        "moved_title": _("Who changes cell") if page.is_cells else _("Who changes cluster"),
        "moved": _moves(moved(written, state), most=MOST_MOVES if len(found) <= SOME_ROWS else MOST_MOVES // 2),
        "key": [_("in force"), pgettext("column", "plan") if page.is_cells else _("plan, with each one's deviation")],
        "notice": _("Synthetic outlines, no legal boundaries") if page.is_synthetic else _("No legal boundaries"),
        "facts": _facts(state),
        "foot": _("printed %(day)s") % {"day": timezone.localdate().isoformat()},
    }


def _and_more(left: int) -> str:
    return _("and %(n)s more") % {"n": left} if left > 0 else ""


def _moves(rows: Sequence[Moved], *, most: int) -> list[str]:
    """With their households; what does not fit is counted."""
    told = [_move(row) for row in rows[:most]]
    return [*told, _and_more(len(rows) - most)] if len(rows) > most else told


def _move(row: Moved) -> str:
    households = ngettext("%(n)s household", "%(n)s households", row.households) % {"n": row.households}
    names = listed([*row.units[:MOST_NAMES], *filter(None, [_and_more(len(row.units) - MOST_NAMES)])])
    return f"{row.before or '—'} → {row.after} · {households} · {names}"


def _state(state: DraftState) -> str:
    return {
        "editing": pgettext("planning", "Draft"),
        "published": pgettext("planning", "Published"),
        "adopted": pgettext("planning", "Adopted"),
        "withdrawn": pgettext("planning", "Withdrawn"),
        "open": _("Open for comment"),
    }[cards.shown_state(state.state, state.comments_until)]


def _facts(state: DraftState) -> list[list[str]]:
    asked = state.settings
    weights = " · ".join(str(asked.get(name, 0)) for name in ("cut", "split", "moved"))
    return [
        [_("Revision"), str(state.revision)],
        [_("Seed"), str(asked.get("seed", 0))],
        [_("Weights: ties, boundaries, moves"), weights],
        [_("Units"), state.units_digest],
        [pgettext("planning", "Plan"), state.digest],
    ]
