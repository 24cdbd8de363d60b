"""A resident of the demo: known by a contact, with some matters of their own, and a card that waits for its second reading."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from pianqu.foundation import onetime
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.reached import reached
from pianqu.kernels.identity_number import check_character
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import Reporter
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services as roll

CONTACT = "10000000101"
"""Begins with 100: no mobile number does."""
NOTE = "demo-resident"
"""In the data folder; `pianqu up` prints it."""
_BODY = "99000019880308002"
"""A number of a place that there is not: nobody has it."""


def make_resident(*, own: Iterable[uuid.UUID], window: Actor, area_code: str, now: datetime) -> None:
    """Known by CONTACT, with these matters; the window read a card. Harmless to repeat."""
    person = Actor(kind="resident", organisation_code=casework.centre_code())
    to = reached(CONTACT)
    code = onetime.new_code(to=to.value, address="", now=now)
    resident_id = roll.confirm_contact(actor=person, to=to, code=code, now=now)
    reporter = Reporter(resident_id=resident_id, level=directory.CONFIRMED, contact=to)
    for case_id in own:
        cases.recognise_reporter(actor=person, case_id=case_id, reporter=reporter, now=now)
    card = directory.resident(resident_id, since=now)
    if card and card.level == directory.CONFIRMED and not directory.enrolments_for(window):
        number = _BODY + check_character(_BODY)
        roll.begin_enrolment(actor=window, name="陈演示", number=number, area_code=area_code, contact=CONTACT, now=now)
    (installation().data / NOTE).write_text(CONTACT)
