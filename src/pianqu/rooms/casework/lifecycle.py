"""The states of a case and the moves between them, as data: checks, diagram and tests are made from the one table."""

from enum import StrEnum

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Refused


class State(StrEnum):
    """Where a case stands."""

    OPENED = "opened"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can happen to a case after it was opened."""

    EXTEND = "extend"
    WITHDRAW = "withdraw"
    RESOLVE = "resolve"
    CLOSE = "close"


FIRST = State.OPENED
MOVES: dict[tuple[State, Move], State] = {
    (State.OPENED, Move.EXTEND): State.OPENED,
    (State.OPENED, Move.WITHDRAW): State.WITHDRAWN,
    (State.OPENED, Move.RESOLVE): State.RESOLVED,
    (State.RESOLVED, Move.CLOSE): State.CLOSED,
}

ENDED = frozenset({State.CLOSED, State.WITHDRAWN})
"""States in which nobody works on a case any more."""


def may_move(state: str, move: Move) -> bool:
    """Whether a case in this state can make this move."""
    return (State(state), move) in MOVES


def check_move(state: str, move: Move) -> State:
    """The state after the move. Raises Refused when the case's state does not allow it."""
    try:
        return MOVES[State(state), move]
    except KeyError:
        raise Refused(f"case-is-{state}", _sentence(State(state))) from None


def _sentence(state: State) -> str:
    return {
        State.OPENED: _("This matter has not been resolved yet, so it cannot be closed. Nothing was changed."),
        State.RESOLVED: _(
            "This matter is resolved already. Nothing was changed; report a new one if something is left."
        ),
        State.CLOSED: _("This matter is closed already. Nothing was changed; report a new one if something is left."),
        State.WITHDRAWN: _("This matter was withdrawn. Nothing was changed; report a new one if it still matters."),
    }[state]


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST}"]
    lines += [f"    {before} --> {after}: {move}" for (before, move), after in MOVES.items()]
    ends = [state for state in State if not any(before == state for before, _move in MOVES)]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(lines) + "\n"
