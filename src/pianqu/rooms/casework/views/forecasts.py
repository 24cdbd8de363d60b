"""The breach forecast's own page: what it knows, how good it is, what it is for and what it may never do."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.kernels import breach
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.views.desk import actor_of, query_of


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The model's card."""
    actor_of(request)
    seen = queries.breach_seen(now=timezone.now())
    names = field_names()
    context = {
        "seen": seen,
        "fields": [names[field] for field in breach.FIELDS],
        "list": query_of(queries.CaseFilter(queue="likely", order=queries.RISK)),
        "ece": f"{100 * seen.model.ece:.1f}" if seen.model else "",
        "auc": f"{seen.model.auc:.3f}" if seen.model else "",
        "queue_auc": f"{seen.model.queue_auc:.3f}" if seen.model else "",
        "share": f"{100 * seen.model.late_share:.0f}" if seen.model else "",
    }
    return render(request, "casework/breach.html", context)


def field_names() -> dict[str, str]:
    """Every field of the schema in words."""
    return {
        "state": _("where it stands: handled, waiting, returned or reopened"),
        "queue": _("the organisation that has it"),
        "category": _("its category"),
        "hour": _("the part of the day at which it came in"),
        "age": _("which share of its term has passed"),
        "term": _("how long its term is"),
        "load": _("how many matters that organisation has open"),
        "lately": _("which share of that organisation's dates of the last 30 days was missed"),
    }
