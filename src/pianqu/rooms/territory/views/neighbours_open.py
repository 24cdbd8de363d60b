"""A cell for everybody: its four parties with their offices, who answers for what, what was promised. Nobody is named."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from pianqu.foundation.errors import Absent
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.views import party_cards, shown
from pianqu.rooms.territory.views.party_cards import Names
from pianqu.rooms.territory.views.shown import Categories, Files


@require_safe
def cell(request: HttpRequest, cluster: str, code: str, *, categories: Categories, files: Files) -> HttpResponse:
    """One cell of a cluster. People of the cell are counted, never named."""
    today, names = timezone.localdate(), Names()
    try:
        where = queries.neighbourhood("cell", code[:24], on=today)
    except Absent as absent:
        raise Http404 from absent
    if where.cluster_code != cluster:
        raise Http404
    told, places = queries.parties_of(where, on=today), party_cards.place_names(today)
    known = queries.estates_in(where, queries.estates(on=today, community_codes=where.community_codes))
    community = where.community_codes[0]
    context = {
        "where": where,
        "cluster": places.get(where.cluster_code, ""),
        "community": shown.place_name(queries.places().get(community), community),
        "parties": party_cards.parties(told, known, names),
        "estates": known,
        "duties": party_cards.duties(
            queries.duties_of(where, told, on=today), shown.category_names(categories()), names
        ),
        "led_by": party_cards.led_by(where, names, today),
        "promises": party_cards.promise_rows(queries.promises_of(where), places, names, today),
    }
    return render(request, "territory/cell.html", context)
