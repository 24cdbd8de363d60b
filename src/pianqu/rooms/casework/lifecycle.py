"""The states of a case and the moves between them, as data: checks, diagram and tests are made from the one table."""

from enum import StrEnum

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Refused, unchanged


class State(StrEnum):
    """Where a case stands."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    RETURNED = "returned"
    PAUSED = "paused"
    RESOLVED = "resolved"
    RATED = "rated"
    REOPENED = "reopened"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can happen to a case after it was opened."""

    EXTEND = "extend"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    DISPATCH = "dispatch"
    START = "start"
    RETURN = "return"
    PAUSE = "pause"
    RESUME = "resume"
    RESOLVE = "resolve"
    RATE = "rate"
    REOPEN = "reopen"
    CLOSE = "close"


FIRST = State.OPENED
WAITING = (State.OPENED, State.ACCEPTED, State.RETURNED, State.REOPENED)
"""At the centre: somebody has to be found who answers for it."""
FOLLOWING = (State.OPENED, State.ACCEPTED, State.RETURNED)
"""In these a matter that is joined to another one is no work of its own: nobody works on it by itself, and it was not answered
yet. One that its reporter reopened wants somebody to look."""
HANDLED = (State.DISPATCHED, State.IN_PROGRESS)
"""With a lead organisation."""
OPEN = (*WAITING, *HANDLED, State.PAUSED)
"""Somebody still works on it, or has to."""
ANSWERED = (State.RESOLVED, State.RATED, State.CLOSED)
ENDED = frozenset({State.CLOSED, State.WITHDRAWN})
"""States in which nobody works on a case any more."""

MOVES: dict[tuple[State, Move], State] = {
    **{(state, Move.EXTEND): state for state in OPEN},
    **{(state, Move.WITHDRAW): State.WITHDRAWN for state in OPEN},
    (State.OPENED, Move.ACCEPT): State.ACCEPTED,
    **{(state, Move.DISPATCH): State.DISPATCHED for state in WAITING},
    (State.DISPATCHED, Move.START): State.IN_PROGRESS,
    **{(state, Move.RETURN): State.RETURNED for state in HANDLED},
    (State.IN_PROGRESS, Move.PAUSE): State.PAUSED,
    (State.PAUSED, Move.RESUME): State.IN_PROGRESS,
    **{(state, Move.RESOLVE): State.RESOLVED for state in (*WAITING, *HANDLED)},
    (State.RESOLVED, Move.RATE): State.RATED,
    (State.CLOSED, Move.RATE): State.CLOSED,
    **{(state, Move.REOPEN): State.REOPENED for state in ANSWERED},
    (State.RESOLVED, Move.CLOSE): State.CLOSED,
    (State.RATED, Move.CLOSE): State.CLOSED,
}


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
    said = {
        State.OPENED: _("This matter was not accepted yet."),
        State.ACCEPTED: _("This matter was accepted already; nobody answers for it yet."),
        State.RETURNED: _("This matter was returned; nobody answers for it yet."),
        State.REOPENED: _("This matter was reopened; nobody answers for it yet."),
        State.RESOLVED: _("This matter is resolved already."),
        State.RATED: _("This matter is resolved and rated already."),
        State.CLOSED: _("This matter is closed already; report a new one if something is left."),
        State.WITHDRAWN: _("This matter was withdrawn; report a new one if it still matters."),
        State.PAUSED: _("This matter is paused; resume it first."),
        State.DISPATCHED: _("An organisation has this matter already."),
        State.IN_PROGRESS: _("An organisation works on this matter already."),
    }
    return unchanged(said[state])


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST}"]
    lines += [f"    {before} --> {after}: {move}" for (before, move), after in MOVES.items()]
    lines += [f"    {state} --> [*]" for state in State if state in ENDED]
    return "\n".join(lines) + "\n"


# root causes ---------------------------------------------------------------------------------------------------------


class CauseState(StrEnum):
    """Where a root cause stands."""

    OPENED = "opened"
    WORKING = "working"
    WATCHED = "watched"
    """Measures work from a day on: what comes in now shows whether they help."""
    CLOSED = "closed"


class CauseMove(StrEnum):
    """What can happen to a root cause after it was opened."""

    LINK = "link"
    PLAN = "plan"
    FINISH = "finish"
    TAKE_EFFECT = "take-effect"
    CLOSE = "close"
    REOPEN = "reopen"


LIVE_CAUSE = (CauseState.OPENED, CauseState.WORKING, CauseState.WATCHED)
CAUSE_MOVES: dict[tuple[CauseState, CauseMove], CauseState] = {
    **{(state, CauseMove.LINK): state for state in LIVE_CAUSE},
    (CauseState.OPENED, CauseMove.PLAN): CauseState.WORKING,
    (CauseState.WORKING, CauseMove.PLAN): CauseState.WORKING,
    (CauseState.WATCHED, CauseMove.PLAN): CauseState.WATCHED,
    (CauseState.WORKING, CauseMove.FINISH): CauseState.WORKING,
    (CauseState.WATCHED, CauseMove.FINISH): CauseState.WATCHED,
    (CauseState.WORKING, CauseMove.TAKE_EFFECT): CauseState.WATCHED,
    (CauseState.WATCHED, CauseMove.TAKE_EFFECT): CauseState.WATCHED,
    **{(state, CauseMove.CLOSE): CauseState.CLOSED for state in LIVE_CAUSE},
    (CauseState.CLOSED, CauseMove.REOPEN): CauseState.WORKING,
}


def may_move_cause(state: str, move: CauseMove) -> bool:
    """Whether a root cause in this state can make this move."""
    return (CauseState(state), move) in CAUSE_MOVES


def check_cause_move(state: str, move: CauseMove) -> CauseState:
    """The state after the move. Raises Refused when the root cause's state does not allow it."""
    try:
        return CAUSE_MOVES[CauseState(state), move]
    except KeyError:
        said = {
            CauseState.OPENED: _("No measure is planned against this root cause yet; plan one first."),
            CauseState.WORKING: _("This root cause is being worked on already."),
            CauseState.WATCHED: _("The effect on this root cause is being watched already."),
            CauseState.CLOSED: _("This root cause is closed; reopen it first."),
        }
        raise Refused(f"cause-is-{state}", unchanged(said[CauseState(state)])) from None


def cause_diagram() -> str:
    """The table of root causes as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {CauseState.OPENED}"]
    lines += [f"    {before} --> {after}: {move}" for (before, move), after in CAUSE_MOVES.items()]
    return "\n".join([*lines, f"    {CauseState.CLOSED} --> [*]"]) + "\n"
