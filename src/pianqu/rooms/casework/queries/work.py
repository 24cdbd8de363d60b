"""How much there was to do in each place, for who plans: counts only."""

from datetime import date, datetime, time, timedelta

from django.db.models import Count
from django.utils import timezone

from pianqu.rooms.casework.models import Case

YEAR = timedelta(days=365)


def work_by_place(until: date) -> dict[str, int]:
    """Place code → reports that came in within the year before a day. One statement."""
    ends = timezone.make_aware(datetime.combine(until, time.min))
    rows = Case.objects.filter(opened_at__gte=ends - YEAR, opened_at__lt=ends).exclude(place_code="")
    return dict(rows.order_by().values_list("place_code").annotate(Count("id")))
