"""What a street, a cluster, a community, a property company and those who decide have before them today."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pianqu.composition.demo.people import CLUSTER, GRID, HANDLER, STREET, WINDOW, code_of
from pianqu.composition.demo.year import SAYS_SYNTHETIC, Act
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Refused
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import PlaceChoice

HERE = GRID.organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One matter: who leads, who helps, how far it has come, how many hours ago it came in."""

    category: str
    words: str
    lead: str
    hours: int
    helpers: tuple[str, ...] = ()
    begun: bool = False
    asks: str = ""
    """Words with which the lead asks for more time."""
    joins: int = -1
    """The number of the matter to which it is joined."""


TASKS = (
    Task(
        category="environment",
        words="湾头滨江步道落叶和垃圾堆了好几天，早上跑步的人都绕着走。",
        lead=STREET.login,
        hours=30,
        helpers=(HERE, "social-wantou"),
        begun=True,
    ),
    Task(
        category="environment", words="滨江步道那一堆垃圾还在，天一热味道更大。", lead=STREET.login, hours=20, joins=0
    ),
    Task(category="roads", words="菜场门口人行道地砖松了三块，下雨天一踩一身水。", lead=STREET.login, hours=7),
    Task(
        category="property",
        words="湾头家园 6 幢电梯一个月坏了四次，业主和物业各说各的。",
        lead=CLUSTER.login,
        hours=26,
        helpers=("property-wantou", "owners-wantou"),
        begun=True,
    ),
    Task(
        category="property",
        words="小区地面停车划线后消防通道只剩一半，请来看看。",
        lead=CLUSTER.login,
        hours=5,
        helpers=("property-wantou",),
    ),
    Task(
        category="services",
        words="老人高龄津贴认证人脸一直过不去，能不能上门办？",
        lead=CLUSTER.login,
        hours=9,
        helpers=(HERE,),
    ),
    Task(
        category="noise",
        words="KTV 夜里一点还在放，低音震得窗户响。",
        lead=HANDLER.login,
        hours=50,
        begun=True,
        asks="需连续三晚夜间监测取证，请多给三个工作日。",
    ),
)
NATURES = {"services": "enquiry"}


def ground(actors: Mapping[str, Actor], *, now: datetime) -> Iterator[Act]:
    """Everything that brings them about, for the demo's line of time. Harmless to repeat: what happened before is passed over."""
    made: dict[int, uuid.UUID] = {}
    for number, task in enumerate(TASKS):
        at = now - timedelta(hours=task.hours)
        yield Act(at, 0, partial(_open, made, number, at))
        window, lead = actors[WINDOW.login], actors[task.lead]
        steps: list[tuple[bool, Callable[..., None]]] = [
            (True, partial(_dispatch, task, window, lead)),
            (task.begun, partial(_begin, lead)),
            (bool(task.asks), partial(_ask, task, lead)),
            (task.joins >= 0, partial(_join, task, made, window)),
        ]
        for hours, (wanted, act) in enumerate(steps, start=1):
            if wanted:
                then = at + timedelta(hours=hours)
                yield Act(then, hours, partial(_try, act, made, number, then))


def _open(made: dict[int, uuid.UUID], number: int, at: datetime) -> None:
    task = TASKS[number]
    opened = services.open_case(
        actor=Actor(kind="resident", organisation_code=casework.centre_code()),
        words=task.words + SAYS_SYNTHETIC,
        category=task.category,
        place=PlaceChoice(community_code=HERE, source="community"),
        idempotency_key=f"demo-ground-{number}",
        now=at,
    )
    made[number] = opened.case_id


def _dispatch(task: Task, window: Actor, lead: Actor, case_id: uuid.UUID, at: datetime) -> None:
    if casework.case_head(case_id).state == "opened":
        services.dispatch_case(
            actor=window,
            case_id=case_id,
            lead_code=lead.organisation_code,
            helper_codes=tuple(code_of(code) for code in task.helpers),
            nature=NATURES.get(task.category, "complaint"),
            now=at,
        )


def _begin(lead: Actor, case_id: uuid.UUID, at: datetime) -> None:
    if casework.case_head(case_id).state == "dispatched":
        services.start_task(actor=lead, case_id=case_id, now=at)


def _ask(task: Task, lead: Actor, case_id: uuid.UUID, at: datetime) -> None:
    services.ask_for_time(actor=lead, case_id=case_id, words=task.asks, now=at)


def _join(task: Task, made: dict[int, uuid.UUID], window: Actor, case_id: uuid.UUID, at: datetime) -> None:
    code = checkcode.show(casework.case_head(made[task.joins]).code)
    services.link_case(actor=window, case_id=case_id, parent_code=code, now=at)


def _try(act: Callable[..., None], made: dict[int, uuid.UUID], number: int, at: datetime) -> None:
    try:
        act(made[number], at)
    except (Refused, Forbidden):
        return
