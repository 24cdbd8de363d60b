"""One answer per key: a double tap, a retry or a lost answer never makes a thing twice."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from pianqu.foundation.db import run
from pianqu.foundation.errors import Invalid
from pianqu.foundation.models import IdempotencyKey

MAX_KEY = 64
LIFE = timedelta(days=30)
"""How long a repeated request gets the first answer again; a form open for longer is a new one."""
_TAKE = (
    "INSERT INTO foundation_idempotencykey (scope, key, fingerprint, answer, created_at) "
    "VALUES (%s, %s, %s, '', %s) ON CONFLICT (scope, key) DO NOTHING"
)
_ANSWER = "UPDATE foundation_idempotencykey SET answer = %s WHERE scope = %s AND key = %s"
"""By hand: every matter that is opened pays for it."""


def answer_once(*, scope: str, key: str, fingerprint: str, now: datetime, act: Callable[[], str]) -> str:
    """The answer of `act`, run only for the first request with this key; later ones get that first answer.

    Call it inside a verb: key, answer and what `act` did commit together or not at all. The insert decides who is first,
    so a second request at the same moment waits. Raises Invalid when the key came before with other content.
    """
    if not 0 < len(key) <= MAX_KEY or "\x00" in key:
        raise Invalid("idempotency-key-bad", _("This form is not complete. Please load the page again."))
    if run((_TAKE, (scope, key, fingerprint, connection.ops.adapt_datetimefield_value(now)))):
        answer = act()
        run((_ANSWER, (answer, scope, key)))
        return answer
    first = IdempotencyKey.objects.get(scope=scope, key=key)
    if first.fingerprint != fingerprint:
        raise Invalid(
            "idempotency-key-reused",
            _("This form was sent before with other content. The first one was kept; please start a new form."),
        )
    return first.answer


def came_before(*, scope: str, key: str) -> bool:
    """Whether a request with this key was answered: a door that asks something first need not ask again."""
    return IdempotencyKey.objects.filter(scope=scope, key=key[:MAX_KEY]).exclude(answer="").exists()


def forget_old(*, now: datetime) -> int:
    """Forget the answers that nobody asks for any more; answers how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - LIFE).delete()[0]
