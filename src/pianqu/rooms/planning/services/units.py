"""What a draft joins, as it is today; what is missing is said with names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pianqu.foundation.errors import Invalid
from pianqu.kernels.partition.records import CELLS, CLUSTERS
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import Fault, Gathered
from pianqu.rooms.territory import queries as territory

SHOWN = 6
SENTENCES = {
    "no-units": gettext_noop("No community is known yet, so there is nothing to plan. Take in the places first."),
    "no-outline": gettext_noop(
        "%(count)s communities have no outline: %(names)s. Take their outlines in first, or no neighbours are known."
    ),
    "no-buildings": gettext_noop(
        "Of %(count)s communities no building is counted: %(names)s. Take in their buildings with households first."
    ),
    "nobody-lives": gettext_noop(
        "In %(count)s communities nobody lives by the list of buildings: %(names)s. Correct the list and take it in again."
    ),
}
Work = Callable[[date], Mapping[str, int]]


def gathered(level: str, *, now: datetime, bridged: bool = True) -> Gathered:
    """The units of today. Raises Invalid for an unknown level."""
    if level not in (CLUSTERS, CELLS):
        raise Invalid("draft-level", _("A plan joins communities to clusters, or buildings to cells."))
    today = timezone.localdate(now)
    on = _grid_day(today)
    if level == CELLS:
        return queries.plots(on=on)
    return queries.communities(on=on, workload=_workload(today), bridged=bridged)


def _grid_day(today: date) -> date:
    """A plan goes on from the last grid that was adopted, which may come into force later."""
    known = territory.versions()
    return max(today, known[0].valid_from) if known else today


def _workload(on: date) -> Mapping[str, int]:
    """Cases by community: casework lies above this room, so the installation names the question."""
    ask: Work = import_string(settings.PLANNING_WORKLOAD)
    return ask(on)


def refuse_faults(faults: Sequence[Fault]) -> None:
    """Raise Invalid with every fault's sentence."""
    if faults:
        raise Invalid(f"units-{faults[0].code}", " ".join(fault_told(fault) for fault in faults))


def fault_told(fault: Fault) -> str:
    """The fault in the reader's language, with the first names."""
    names = "、".join(fault.names[:SHOWN]) + (" …" if len(fault.names) > SHOWN else "")
    return _(SENTENCES[fault.code]) % {"count": len(fault.names), "names": names}
