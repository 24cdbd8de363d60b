"""do_once: what a form asks for is done once, however often the form is sent."""

from collections.abc import Callable
from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.idempotency import answer_once
from pianqu.foundation.verbs import verb


@verb
def do_once(*, actor: Actor, key: str, fingerprint: str, act: Callable[[], object], now: datetime) -> str:
    """Run a verb for the first form with this key, and answer what it answered; a repeated form gets that answer again.

    Raises Invalid when the key came before with other content, and whatever the verb raises: then nothing is kept.
    """
    scope = f"directory|{actor.account_id or actor.kind}"
    return answer_once(scope=scope, key=key, fingerprint=fingerprint, now=now, act=lambda: str(act() or ""))
