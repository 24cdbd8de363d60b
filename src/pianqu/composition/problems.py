"""Pages for what goes wrong outside of the rooms: what happened, what was kept, what to do."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from pianqu.foundation.api import problem_body
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.foundation.middleware import problem_page

API = "/api/"
"""Below it programs ask: they are answered problem+json, whatever goes wrong."""
log = logging.getLogger("pianqu.web")


class Stumbled(Problem):
    """A bug of ours (500)."""

    status = 500


class Malformed(Problem):
    """The request itself cannot be read (400)."""

    status = 400


class NotThisWay(Problem):
    """The address exists, but not for this method (405)."""

    status = 405


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.path.startswith(API):
        return _as_json(problem)
    return problem_page(request, problem)


def _as_json(problem: Problem) -> HttpResponse:
    readable = {"ensure_ascii": False}
    return JsonResponse(
        problem_body(problem),
        status=problem.status,
        content_type="application/problem+json",
        json_dumps_params=readable,
    )


def programs(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what Django itself says to a program in words for a browser is said as problem+json."""

    def answer(request: HttpRequest) -> HttpResponse:
        said = get_response(request)
        if said.status_code != 405 or not request.path.startswith(API):
            return said
        sentence = _("This address takes other methods: see the header Allow. Nothing was changed.")
        again = _as_json(NotThisWay("method-wrong", sentence))
        again["Allow"] = ", ".join(sorted(said.get("Allow", "").split(", ")))
        return again

    return answer


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = _("The browser sent something that cannot be read here, or far too much of it. Nothing was changed.")
    return _page(request, Malformed("bad-request", sentence))


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, Forbidden("forbidden", _("This page is not for this sign-in. Nothing was changed.")))


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = _("There is no page at this address. Check it for slips of the pen, or start from the first page.")
    return _page(request, Absent("page-absent", sentence))


@requires_csrf_token
def stumbled(request: HttpRequest) -> HttpResponse:
    """A bug: the page must not depend on anything that may be broken too."""
    sentence = _("Something broke on our side. What was saved before is safe; please go back and try once more.")
    problem = Stumbled("stumbled", sentence)
    try:
        return _page(request, problem)
    except Exception:  # the outermost door: the bare page below needs nothing
        log.exception("the problem page could not be shown")
        return HttpResponse(render_to_string("composition/bare.html", {"problem": problem}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token. A door that keeps what was typed says so by its `sent_without_token`."""
    match = request.resolver_match
    again = getattr(match.func, "sent_without_token", None) if match else None
    if again is not None and request.method == "POST":
        shown: HttpResponse = again(request)
        return shown
    sentence = _(
        "This page was open for too long, so nothing was sent. Go back, load the page again and send it once more; "
        "cookies must be allowed."
    )
    return _page(request, Forbidden("csrf", sentence))
