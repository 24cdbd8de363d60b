"""Turns refusals into a page or a problem+json (RFC 9457), in the reader's language."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from pianqu.foundation.api import problem_body
from pianqu.foundation.errors import as_problem


class ProblemMiddleware:
    """Answers a Problem that a verb, question or door raised; anything else is a bug and stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = as_problem(error)
        if problem is None:
            return None
        if request.accepts("text/html") and not request.path.endswith(".json"):
            return render(request, "ui/problem.html", {"problem": problem}, status=problem.status)
        return JsonResponse(problem_body(problem), status=problem.status, content_type="application/problem+json")
