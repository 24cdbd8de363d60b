"""What a matter's page says of the hot issue and the root cause to which it belongs."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries
from pianqu.rooms.directory import queries as directory


def grouped(
    actor: Actor, case_id: uuid.UUID, category: str, place_code: str, there: queries.Around
) -> Mapping[str, Any]:
    """The root cause, or those that it could be linked to; and the hot issue."""
    cause = queries.cause_of(actor, case_id) if there.causes else None
    return {
        "cause": cause,
        "causes": _near(queries.causes_to_link(actor), category, place_code)
        if cause is None and there.open_causes
        else (),
        "may_open_cause": queries.may_open_cause(actor, place_code),
        "may_unlink": cause is not None and queries.may_work_on(actor, cause),
        "hot": queries.hot_issue_of(actor, case_id) if there.hot else None,
    }


def _near(causes: Sequence[queries.CauseRow], category: str, place_code: str) -> Sequence[queries.CauseRow]:
    """Those of its category or of its ground: another one is linked from the root cause's own page."""
    return [
        row
        for row in causes
        if row.category == category or (row.place_code and place_code.startswith(directory.stem(row.place_code)))
    ]
