"""The whole table of states and moves, through the verbs."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from pianqu.foundation.errors import Refused
from pianqu.rooms.casework import lifecycle, queries, services
from pianqu.rooms.casework.lifecycle import MOVES, Move, State
from pianqu.rooms.casework.tests.builders import NOW, brought_to, clerk

VERBS: dict[Move, Callable[[uuid.UUID], Any]] = {
    Move.EXTEND: lambda id: services.extend_case(actor=clerk(), case_id=id, words="还是黑的", now=NOW),
    Move.WITHDRAW: lambda id: services.withdraw_case(actor=clerk(), case_id=id, now=NOW),
    Move.RESOLVE: lambda id: services.resolve_case(actor=clerk(), case_id=id, reply="已处理", now=NOW),
    Move.CLOSE: lambda id: services.close_case(actor=clerk(), case_id=id, now=NOW),
}


@pytest.mark.django_db
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_every_move_from_every_state(state: State, move: Move) -> None:
    case_id = brought_to(state)
    if (state, move) in MOVES:
        VERBS[move](case_id)
        assert queries.case_head(case_id).state == MOVES[state, move]
    else:
        with pytest.raises(Refused) as refusal:
            VERBS[move](case_id)
        assert refusal.value.code == f"case-is-{state}"
        assert queries.case_head(case_id).state == state


def test_every_state_can_be_reached_and_the_diagram_tells_all() -> None:
    assert {lifecycle.FIRST, *MOVES.values()} == set(State)
    drawn = lifecycle.diagram()
    assert all(f"{before} --> {after}: {move}" in drawn for (before, move), after in MOVES.items())
    assert drawn.count("--> [*]") == 2
