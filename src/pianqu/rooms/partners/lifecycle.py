"""The states of a transfer and which letters move it, as data. A letter that does not fit the state moves nothing."""

from enum import StrEnum


class State(StrEnum):
    """Where a transfer stands, on either side."""

    OFFERED = "offered"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    CLOSED = "closed"


LIVE = (State.OFFERED, State.TAKEN, State.ANSWERED)
"""Something may still come."""
FROM_TAKER = frozenset({"taken", "declined", "progress", "answered", "closed", "refused"})
"""Letters that only who was offered a matter writes; all others come from who offered it."""

MOVES: dict[tuple[State, str], State] = {
    (State.OFFERED, "taken"): State.TAKEN,
    (State.OFFERED, "declined"): State.DECLINED,
    (State.OFFERED, "withdrawn"): State.WITHDRAWN,
    (State.TAKEN, "withdrawn"): State.WITHDRAWN,
    (State.TAKEN, "answered"): State.ANSWERED,
    (State.TAKEN, "closed"): State.CLOSED,
    (State.ANSWERED, "reopened"): State.TAKEN,
    (State.ANSWERED, "closed"): State.CLOSED,
    (State.CLOSED, "reopened"): State.TAKEN,
}


def after(state: str, letter: str) -> State:
    """The state after a letter of this kind."""
    return MOVES.get((State(state), letter), State(state))


def fits(direction: str, letter: str, *, incoming: bool) -> bool:
    """Whether a letter of this kind may go this way: the taker of a matter does not withdraw it, the giver does not answer it."""
    from_taker = (direction == "out") == incoming
    return (letter in FROM_TAKER) == from_taker
