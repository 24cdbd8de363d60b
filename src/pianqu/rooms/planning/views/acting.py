"""Who asks, and in which form the answer is wanted: what all doors of this room need first."""

import uuid
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import ACTING, CHOSEN_POST, Actor
from pianqu.foundation.errors import Forbidden, Problem
from pianqu.rooms.directory import queries as directory


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = directory.acting(uuid.UUID(str(request.user.pk)), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        sentence = _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        raise Forbidden("no-post", sentence)
    setattr(request, ACTING, actor)
    return actor


def wants_json(request: HttpRequest) -> bool:
    """A script asks; a person without scripts gets pages."""
    return request.headers.get("Accept", "").startswith("application/json")


def problem_as_json(problem: Problem, **more: Any) -> JsonResponse:
    """What a script shows and keeps on its page."""
    return JsonResponse({"code": problem.code, "detail": str(problem.told), **more}, status=problem.status)
