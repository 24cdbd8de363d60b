"""What the worker does for partners: letters leave in order until they are taken, and answers are asked for."""

from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.rooms.partners.jobs.districts import post_letters, prove_letters
from pianqu.rooms.partners.jobs.servers import file_letters, look_after
from pianqu.rooms.partners.services import empty_letters


def exchange(*, actor: Actor, now: datetime) -> int:
    """One round with all partners; answers how much was done. Not in a transaction: each mark lasts."""
    districts = post_letters(now=now) + prove_letters(now=now)
    servers = file_letters(now=now) + look_after(now=now)
    return districts + servers + empty_letters(actor=actor, now=now)
