"""take_in: an official takes down what somebody says on the telephone or at the window, and may answer at once."""

from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.lifecycle import FIRST
from pianqu.rooms.casework.services.moving import resolve_case
from pianqu.rooms.casework.services.opening import Opened, open_case
from pianqu.rooms.casework.services.parts import PlaceChoice
from pianqu.rooms.casework.services.steps import locked
from pianqu.rooms.casework.services.triaging import answered_category

BY_STAFF = ("phone", "window")


@verb
def take_in(
    *,
    actor: Actor,
    channel: str,
    words: str,
    category: str,
    place: PlaceChoice,
    contact: str | None = None,
    tell: bool = False,
    reply: str = "",
    suggested_by: int | None = None,
    idempotency_key: str,
    now: datetime,
) -> Opened:
    """Open a matter for who calls or stands at the window; with a reply it is answered in the same transaction.

    With `suggested_by`, the version whose suggestion was shown, it counts whether the category agrees with it. The same key again
    answers the same matter and does nothing twice. Raises Forbidden, Invalid.
    """
    rules.check_may_take_in(actor)
    if channel not in BY_STAFF:
        raise Invalid("channel-unknown", _("This channel is not known."))
    opened = open_case(
        actor=actor,
        words=words,
        category=category,
        place=place,
        contact=contact,
        channel=channel,
        tell=tell,
        idempotency_key=idempotency_key,
        now=now,
    )
    if suggested_by is not None and queries.case_head(opened.case_id).state == FIRST:
        answered_category(actor, locked([opened.case_id])[opened.case_id], suggested_by, now)
    if reply.strip() and queries.case_head(opened.case_id).state == FIRST:
        resolve_case(actor=actor, case_id=opened.case_id, reply=reply, now=now)
    return opened
