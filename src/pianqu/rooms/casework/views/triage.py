"""Parts of forms that say what words look like, and the page of the models behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.casework.views.suggested import suggested


@never_cache
@login_required
@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """For staff who take a matter in, as a part of the form."""
    return render(request, "casework/_suggestion.html", {"suggestion": suggested(request.POST.get("words", ""))})


@never_cache
@require_POST
def hint(request: HttpRequest) -> HttpResponse:
    """For who reports it themselves: the likely kinds, to be taken with one tap."""
    return render(request, "casework/_hint.html", {"suggestion": suggested(request.POST.get("words", ""))})


# the models ----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def triage(request: HttpRequest) -> HttpResponse:
    """The models, their figures, and what people made of their suggestions."""
    return _page(request, actor_of(request))


@never_cache
@login_required
@posted("casework:triage")
def train(request: HttpRequest) -> HttpResponse:
    """Have a model learned; the worker does it within a few seconds."""
    return _done(request, lambda actor: services.ask_for_training(actor=actor, now=timezone.now()))


@never_cache
@login_required
@posted("casework:triage")
def choose(request: HttpRequest) -> HttpResponse:
    """Let another version suggest."""
    typed = request.POST.get("version", "")
    version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1
    return _done(request, lambda actor: services.choose_model(actor=actor, version=version, now=timezone.now()))


def _done(request: HttpRequest, act: Any) -> HttpResponse:
    actor = actor_of(request)
    try:
        act(actor)
    except Problem as problem:
        return _page(request, actor, error=problem.message, status=problem.status)
    return redirect("casework:triage")


def _page(request: HttpRequest, actor: Actor, *, error: str = "", status: int = 200) -> HttpResponse:
    found = queries.triage_for(actor, now=timezone.now())
    used = next((one for one in found.models if one.version and one.version == found.working), None)
    context = {
        "triage": found,
        "used": used,
        "heads": _heads(used.card) if used else (),
        "starter": used.card.get("starter", {}) if used else {},
        "rows": [(one, _why(one.reason), _first_figures(one.card)) for one in found.models],
        "answers": [(_what(one.what), one, _share(one.first, one.total)) for one in found.answers],
        "error": error,
        "is_broken": found.working != found.chosen,
        "is_fading": used is not None and used.in_use and not used.is_readable,
    }
    return render(request, "casework/triage.html", context, status=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The figures of one question, in percent."""

    name: str
    macro_f1: str
    top3: str
    ece: str
    coverage: int
    threshold: int | None
    classes: Sequence[tuple[str, int, int, int]]
    """Name, precision, recall, how many."""


def _heads(card: Mapping[str, Any]) -> tuple[Head, ...]:
    categories, organisations = shown.category_names(), shown.Organisations()
    made = []
    for what, one in card.get("heads", {}).items():
        is_category = what == queries.CATEGORY
        classes = [
            (
                categories[label].name if is_category and label in categories else organisations.short(label),
                round(100 * precision),
                round(100 * recall),
                count,
            )
            for label, (precision, recall, count) in one["by_class"].items()
        ]
        made.append(
            Head(
                name=_what(what),
                macro_f1=f"{one['macro_f1']:.3f}",
                top3=f"{one['top3']:.3f}",
                ece=f"{one['ece']:.3f}",
                coverage=round(100 * one["coverage"]),
                threshold=round(100 * one["threshold"]) if one["threshold"] <= 1 else None,
                classes=sorted(classes, key=lambda row: -row[3]),
            )
        )
    return tuple(made)


def _first_figures(card: Mapping[str, Any]) -> str:
    one = card.get("heads", {}).get(queries.CATEGORY)
    return f"{one['macro_f1']:.3f}" if one else ""


def _what(what: str) -> str:
    return _("Category") if what == queries.CATEGORY else pgettext("suggestion", "Who leads")


def _share(part: int, total: int) -> int:
    return round(100 * part / total) if total else 0


def _why(reason: str) -> str:
    sentences = {
        "too-few": _("Too few confirmed matters to learn from. What suggested before goes on."),
        "insight-missing": _("scikit-learn is not installed here; the operator adds it with the extra “insight”."),
        "broken-off": _("Broken off. What suggested before goes on; it can be asked for again."),
    }
    return sentences.get(reason, reason)
