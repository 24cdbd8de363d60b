"""The verbs of notices."""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.verbs import verb
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.notices import queries, rules
from pianqu.rooms.notices.facts import InboxCleared, SendSettled
from pianqu.rooms.notices.models import Inbox

OUTCOMES = ("arrived", "again", "given-up")


@verb
def clear_inbox(*, actor: Actor, up_to: int, now: datetime) -> None:
    """The actor's organisation is done with its notices up to this position of the ledger; what came later stays.

    Going back is not possible, and nothing is told where it is cleared as far already. Raises Forbidden.
    """
    rules.check_may_clear(actor)
    inbox, _made = Inbox.objects.select_for_update().get_or_create(
        organisation_code=actor.organisation_code, defaults={"cleared_to": -1}
    )
    if up_to <= inbox.cleared_to:
        return
    inbox.cleared_to = up_to
    inbox.save(update_fields=["cleared_to"])
    code = actor.organisation_code
    fact = InboxCleared(subject=f"inbox:{code}", organisation_code=code, up_to=up_to)
    ledger.record([fact], actor=actor, now=now)


@verb
def settle_send(*, actor: Actor, outgoing_id: uuid.UUID, outcome: str, now: datetime) -> None:
    """Say what became of a message that nobody knows to have left: it arrived, is sent again, or is given up.

    The messages' reader carries it out when it hears the fact. Raises Forbidden, Invalid, Refused.
    """
    rules.check_may_see_sending(actor)
    if outcome not in OUTCOMES:
        raise Invalid("outcome-unknown", _("Please choose what became of the message."))
    card = queries.doubtful(outgoing_id)
    if card is None:
        raise Refused("send-settled", _("This message is in doubt no longer. Nothing was changed."))
    fact = SendSettled(
        subject=f"case:{card.case_id}",
        organisation_code=actor.organisation_code,
        outgoing_id=str(outgoing_id),
        case_id=str(card.case_id),
        outcome=outcome,
    )
    ledger.record([fact], actor=actor, now=now)
