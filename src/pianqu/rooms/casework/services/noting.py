"""note_case: something worth knowing, written down beside a matter at any time."""

import uuid
from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import CaseNoted
from pianqu.rooms.casework.services.steps import locked, noted, said, tell


@verb
def note_case(*, actor: Actor, case_id: uuid.UUID, words: str, for_reporter: bool = False, now: datetime) -> uuid.UUID:
    """Write a note; the reporter reads it only where it is meant for them. Raises Absent, Forbidden, Invalid."""
    case = locked([case_id])[case_id]
    rules.check_may_note(actor, case.lead_code or case.organisation_code)
    why = said(words)
    fact = tell(actor, case, CaseNoted, words_commitment=why.commitment, for_reporter=for_reporter)
    return noted(actor, case, [fact], now, words=why, shown=for_reporter)
