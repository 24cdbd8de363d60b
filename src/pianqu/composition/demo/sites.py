"""The demo's study of sites: five service points more than there are, answered as the worker does; and one without a plan."""

import uuid
from datetime import datetime

from django.utils import timezone

from pianqu.composition.chores import EXECUTORS, system_actor
from pianqu.foundation.actor import Actor
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.services import StudyAsk
from pianqu.rooms.territory import queries as territory

TITLE = "2027 年便民服务点选址（演示）"
NO_PLAN_TITLE = "每处只接 100 户（演示）"
MORE = 5


def make_sites(*, leader: Actor, now: datetime) -> dict[str, uuid.UUID]:
    """Once, and where buildings are counted: a published study, and one that has no plan."""
    if queries.studies() or territory.building_roll() is None:
        return {}
    present = len(queries.candidates(kinds=(), present=queries.KEEP, point_kind="", on=timezone.localdate(now)))
    sites = min(present + MORE, services.MOST_SITES)
    none = StudyAsk(title=NO_PLAN_TITLE, question=queries.MEDIAN, sites=sites, capacity=100)
    without = services.ask_study(actor=leader, asked=none, now=now)
    study = services.ask_study(actor=leader, asked=StudyAsk(title=TITLE, sites=sites), now=now)
    jobs.run_waiting(EXECUTORS, actor=system_actor(), clock=lambda: now)
    services.publish_study(actor=leader, study_id=study, public=True, now=now)
    return {"study": study, "no_plan": without}
