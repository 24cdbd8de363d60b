"""What stands around a matter at all: asked once, so that its page asks for nothing that is not there."""

import uuid
from dataclasses import dataclass, fields

from pianqu.foundation.db import fetch
from pianqu.rooms.casework import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Whether there is any of each. The last four are of the whole district, the others of one matter."""

    checks: bool
    waits: bool
    whistles: bool
    forces: bool
    causes: bool
    hot: bool
    supervision: bool
    call_back: bool
    platform_acts: bool
    listed: bool
    continues: bool
    is_continued: bool
    open_causes: bool
    templates: bool
    rules: bool
    replies: bool


def around(case_id: uuid.UUID) -> Around:
    """Of a matter that the reader may see. One statement."""
    found = fetch(sql.around(case_id))[0]
    return Around(**{field.name: bool(is_there) for field, is_there in zip(fields(Around), found, strict=True)})
