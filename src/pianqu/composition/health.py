"""Whether this installation is well, for `pianqu up`, for a load balancer and for monitoring."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.errors import Problem
from pianqu.rooms.ledger import queries as ledger


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 when web, database and ledger are well, else 503; nothing in it is secret."""
    try:
        state = ledger.status()
    except Problem as problem:
        return JsonResponse({"well": False, "trouble": str(problem.message)}, status=503)
    body = {"well": not state.trouble, "sealed": state.size, "waiting": state.waiting, "trouble": state.trouble}
    return JsonResponse(body, status=503 if state.trouble else 200)
