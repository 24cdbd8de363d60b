"""Turns refusals into a page or a problem+json (RFC 9457), in the reader's language."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from pianqu.foundation.api import problem_body
from pianqu.foundation.errors import Problem, TooLarge, as_problem

DESK = "/desk/"
LARGEST_BODY = 96_000_000
"""Bytes. The largest file that any page takes has 64 MB; what is larger is refused before anything reads it."""


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """What went wrong, for a person: who works at the desk stays there, unless the house itself is in trouble."""
    works = request.path.startswith(DESK) and problem.status < 500 and getattr(request, "user", None) is not None
    face = "ui/desk.html" if works and request.user.is_authenticated else "ui/base.html"
    home = DESK if face == "ui/desk.html" else "/"
    return render(request, "ui/problem.html", {"problem": problem, "face": face, "home": home}, status=problem.status)


class ProblemMiddleware:
    """Answers a Problem that a verb, question or door raised; anything else is a bug and stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _said_length(request) > LARGEST_BODY:
            sentence = _(
                "What was sent is larger than %(most)s MB. It was not read, and nothing was changed. Please send less."
            )
            return self._answered(request, TooLarge("body-large", sentence % {"most": LARGEST_BODY // 1_000_000}))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = as_problem(error)
        return self._answered(request, problem) if problem else None

    def _answered(self, request: HttpRequest, problem: Problem) -> HttpResponse:
        if request.accepts("text/html") and not request.path.endswith(".json"):
            return problem_page(request, problem)
        return JsonResponse(problem_body(problem), status=problem.status, content_type="application/problem+json")


def _said_length(request: HttpRequest) -> int:
    """How many bytes the request says that it brings; 0 where it does not say."""
    said = request.headers.get("Content-Length") or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
