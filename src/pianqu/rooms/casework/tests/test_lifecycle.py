"""The whole table of states and moves, through the verbs."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pianqu.foundation.errors import Forbidden, Refused
from pianqu.rooms.casework import lifecycle, queries, services
from pianqu.rooms.casework.lifecycle import MOVES, Move, State
from pianqu.rooms.casework.tests.builders import LEAD, NOW, brought_to, clerk, handler, resident

VERBS: dict[Move, Callable[[uuid.UUID], Any]] = {
    Move.EXTEND: lambda id: services.extend_case(actor=clerk(), case_id=id, words="还是黑的", now=NOW),
    Move.WITHDRAW: lambda id: services.withdraw_case(actor=clerk(), case_id=id, now=NOW),
    Move.ACCEPT: lambda id: services.accept_case(actor=clerk(), case_id=id, nature="help", now=NOW),
    Move.DISPATCH: lambda id: services.dispatch_case(actor=clerk(), case_id=id, lead_code=LEAD, nature="help", now=NOW),
    Move.START: lambda id: services.start_task(actor=handler(LEAD), case_id=id, now=NOW),
    Move.RETURN: lambda id: services.return_task(
        actor=handler(LEAD), case_id=id, article="12", words="不归我局", now=NOW
    ),
    Move.PAUSE: lambda id: services.pause_case(
        actor=handler(LEAD), case_id=id, reason="inspection", words="等检测", now=NOW
    ),
    Move.RESUME: lambda id: services.resume_case(actor=handler(LEAD), case_id=id, now=NOW),
    Move.RESOLVE: lambda id: services.resolve_case(actor=clerk(), case_id=id, reply="已处理", now=NOW),
    Move.RATE: lambda id: services.rate_case(actor=resident(), case_id=id, score=4, now=NOW),
    Move.REOPEN: lambda id: services.reopen_case(actor=resident(), case_id=id, words="没修好", now=NOW),
    Move.CLOSE: lambda id: services.close_case(actor=clerk(), case_id=id, now=NOW),
}
NOT_YOURS = (Move.START, Move.RETURN, Move.PAUSE, Move.RESUME)
"""Moves of who has a part: without one, an official is told so before the state is looked at."""


@pytest.mark.django_db
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_every_move_from_every_state(state: State, move: Move) -> None:
    case_id = brought_to(state)
    if (state, move) in MOVES:
        VERBS[move](case_id)
        assert queries.case_head(case_id).state == MOVES[state, move]
    else:
        with pytest.raises((Refused, Forbidden)) as refusal:
            VERBS[move](case_id)
        foreign = "casework-forbidden" if move in NOT_YOURS else ""
        assert refusal.value.code in (f"case-is-{state}", foreign)
        assert queries.case_head(case_id).state == state


def test_every_state_can_be_reached_and_the_diagram_tells_all() -> None:
    assert {lifecycle.FIRST, *MOVES.values()} == set(State)
    drawn = lifecycle.diagram()
    assert all(f"{before} --> {after}: {move}" in drawn for (before, move), after in MOVES.items())
    assert drawn.count("--> [*]") == 2


def test_the_docs_draw_the_table() -> None:
    page = Path(__file__).parents[5] / "docs/lifecycle.md"
    assert lifecycle.diagram() in page.read_text(encoding="utf-8")
