"""The doors for other districts: our card, their letters, and the proof that a letter came in."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from pianqu.foundation.api import address_of, problem_body
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS, TooFast
from pianqu.kernels import letter as kernel
from pianqu.rooms.partners import queries, rules, services
from pianqu.rooms.partners.services.receiving import OutOfTurn

LONGEST = 2 * kernel.LONGEST
"""Bytes of a request: a letter as a text within JSON, with its receipt."""
MOST_PARTS = 200_000
"""Signs that begin or part JSON values: a letter is a few long texts, and millions of small values would fill the memory."""
PROBLEM = "application/problem+json"
Door = Callable[..., HttpResponse]


def _door(view: Callable[..., dict[str, Any]]) -> Door:
    """Answers JSON; refusals as problem+json, with the number that is expected where a letter came out of turn."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        try:
            LIMITS.check(f"district:{address_of(request)}", per_minute=installation().api_rate)
            return JsonResponse(view(request, *args, **given), json_dumps_params={"ensure_ascii": False})
        except (Problem, OperationalError) as error:
            problem = as_problem(error)
            if problem is None:
                raise
            return _refused(problem)

    return never_cache(answered)


def _refused(problem: Problem) -> HttpResponse:
    body = problem_body(problem)
    if isinstance(problem, OutOfTurn):
        body["next"] = problem.next_number
    answer = JsonResponse(body, status=problem.status, json_dumps_params={"ensure_ascii": False}, content_type=PROBLEM)
    if isinstance(problem, TooFast):
        answer["Retry-After"] = str(int(problem.wait_s) + 1)
    return answer


@require_safe
@_door
def card(_request: HttpRequest) -> dict[str, Any]:
    """Who we are, and the key of our ledger."""
    return queries.our_card().as_dict()


@csrf_exempt
@require_POST
@_door
def letters(request: HttpRequest) -> dict[str, Any]:
    """Take a letter. The same one again is answered as the first time, with the receipt as soon as there is one."""
    raw, proof = _sent(request)
    came = queries.incoming(raw, proof)
    taken = services.take_letter(
        actor=rules.programs(), partner_id=came.partner_id, letter=came.letter, raw=raw, proof=proof, now=timezone.now()
    )
    return {
        "number": came.letter.number,
        "next": taken.next_number,
        "entry": str(taken.entry_id),
        "receipt": queries.proof_of_ours(taken.entry_id),
    }


def _sent(request: HttpRequest) -> tuple[bytes, str]:
    content = request.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise Invalid("letter-too-long", _("This letter is longer than letters may be. It was not taken."))
    if sum(map(content.count, (b"[", b"{", b","))) > MOST_PARTS:
        raise Invalid("letter-too-many-parts", _("This letter has more parts than letters have. It was not taken."))
    try:
        told = json.loads(content)
        letter, receipt = told["letter"], told["receipt"]
        if not isinstance(letter, str) or not isinstance(receipt, str):
            raise TypeError("both are texts")
        return letter.encode(), receipt
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Invalid(
            "letter-unreadable", _("A letter comes as JSON with the texts `letter` and `receipt`.")
        ) from error


@require_safe
@_door
def letter(_request: HttpRequest, digest: str) -> dict[str, Any]:
    """Whether a letter with this digest came in, with our ledger's receipt as soon as there is one."""
    proof = queries.taken_letter(digest)
    return {"number": proof.number, "entry": str(proof.entry_id), "receipt": proof.receipt}
