"""What every page of the desk shows beside its own: the way around, and how many notices are new."""

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from pianqu.composition.desk.menu import menu_at
from pianqu.foundation.actor import ACTING, CHOSEN_POST
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.notices import queries as notices


def desk(request: HttpRequest) -> dict[str, object]:
    """`menu` and `bell`: made only where a page shows them; the bell only of who is signed in. `forked`: see the ledger."""
    return {
        "forked": SimpleLazyObject(ledger.forked),
        "menu": SimpleLazyObject(lambda: menu_at(request.path)),
        "bell": SimpleLazyObject(lambda: _bell(request)),
    }


def _bell(request: HttpRequest) -> str:
    """The number of unread notices as it is shown; empty for none."""
    if not request.user.is_authenticated:
        return ""
    actor = getattr(request, ACTING, None) or directory.acting(
        UUID(str(request.user.pk)), request.session.get(CHOSEN_POST, ""), timezone.now()
    )
    count = notices.unread(actor, now=timezone.now()) if actor else 0
    return f"{notices.MANY}+" if count > notices.MANY else str(count or "")
