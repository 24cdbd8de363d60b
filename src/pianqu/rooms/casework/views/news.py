"""What others changed since a page was drawn, for its script: the list's, a platform's and a matter's."""

import uuid
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.errors import Invalid
from pianqu.foundation.templatetags.ui import moment
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, filters_in

_WEAK = "W/"
"""What a proxy that compresses puts before a tag."""


@never_cache
@login_required
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Ids of the matters of a list that changed. Where nothing at all was recorded, 304 before any right is looked up."""
    actor = actor_of(request)
    mark = queries.Mark.of(request.GET.get("after", ""))
    if mark is None:
        raise Invalid("mark-unknown", _("The page did not say what it shows. Please load it again."))
    recorded = queries.recorded_since(mark)
    newest = recorded[0].entry_id.hex if recorded else ""
    tag = _tag(str(actor.acting_post_id), newest, request.META.get("QUERY_STRING", ""))
    if _is_known(request, tag):
        return _not_modified(tag)
    # what the shipped and the added categories are is asked for only where a list goes by one
    categories = set(shown.category_names()) if request.GET.get("category") and recorded else set()
    found = queries.news_for(actor, recorded, filters_in(request, categories), timezone.now())
    return _answer({"here": sorted(map(str, found.here)), "elsewhere": sorted(map(str, found.elsewhere))}, tag)


@never_cache
@login_required
@require_safe
def case_news(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Who changed a matter last, in a sentence; empty where nobody did."""
    actor = actor_of(request)
    found = queries.news_of(actor, case_id, request.GET.get("after", ""))
    tag = _tag(str(found.times) if found else "", request.META.get("QUERY_STRING", ""))
    if _is_known(request, tag):
        return _not_modified(tag)
    return _answer({"sentence": _sentence(found) if found else ""}, tag)


def _sentence(found: queries.CaseNews) -> str:
    who = shown.Organisations().short(found.organisation_code)
    once = _("This matter was changed by %(who)s, %(at)s.") % {"who": who, "at": moment(found.at)}
    if found.times == 1:
        return once
    return ngettext(
        "This matter was changed %(times)s time, last by %(who)s, %(at)s.",
        "This matter was changed %(times)s times, last by %(who)s, %(at)s.",
        found.times,
    ) % {"times": found.times, "who": who, "at": moment(found.at)}


def _tag(*parts: str) -> str:
    return '"' + sha256("\n".join(parts).encode()).hexdigest()[:32] + '"'


def _is_known(request: HttpRequest, tag: str) -> bool:
    return request.headers.get("If-None-Match", "").removeprefix(_WEAK) == tag


def _not_modified(tag: str) -> HttpResponse:
    return HttpResponseNotModified(headers={"ETag": tag})


def _answer(told: dict[str, Any], tag: str) -> HttpResponse:
    return JsonResponse(told, headers={"ETag": tag})
