"""What the worker does now and then, besides sealing and delivering: one table, each act a verb or a clean-up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from pianqu.composition import learning, tidying
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import jobs as tables
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.ledger import jobs as ledger
from pianqu.rooms.notices import jobs as sending
from pianqu.rooms.partners import jobs as partners
from pianqu.rooms.planning import jobs as planning
from pianqu.rooms.planning import services as plans
from pianqu.rooms.territory import jobs as grid


@dataclass(frozen=True, slots=True)
class Chore:
    """One act and how often it is done, in seconds."""

    name: str
    act: Callable[[], int]
    every: float
    aside: bool = False
    """It waits for other systems or takes long, so it gets a thread of its own and holds up neither sealing nor reading."""
    listens: bool = False
    """A seal wakes it before its time."""


def system_actor() -> Actor:
    """The installation's own programs act for the centre."""
    return Actor(kind="system", organisation_code=casework.centre_code() or installation().district_code)


def escalate() -> int:
    """What comes near its date is warned of; what is overdue goes up the line, helpers' parts and calls to the spot too."""
    actor, now = system_actor(), timezone.now()
    acts = (
        cases.warn_due_soon,
        cases.escalate_overdue,
        cases.escalate_parts,
        cases.warn_supervised,
        cases.escalate_supervised,
        cases.warn_of_whistles,
        cases.escalate_whistles,
    )
    return sum(act(actor=actor, now=now) for act in acts)


def send() -> int:
    """Messages that wait leave, in the installation's language."""
    with override(settings.LANGUAGE_CODE):
        return sending.send_waiting(actor=system_actor(), now=timezone.now())


def tell_systems() -> int:
    """Other systems are told. One that hangs holds up no message to a person."""
    return sending.call_systems(actor=system_actor(), clock=timezone.now)


def exchange() -> int:
    """Letters to other districts and systems leave, in the installation's language."""
    with override(settings.LANGUAGE_CODE):
        return partners.exchange(actor=system_actor(), now=timezone.now())


def carry_answers() -> int:
    """Answers for all who joined a matter reach each of them; what can be found as like a report is kept true."""
    return tables.carry_answers(actor=system_actor())


def write_exports() -> int:
    """Tables that posts asked for."""
    return tables.write_exports(actor=system_actor())


def try_rules() -> int:
    """Versions of the dispatch rules that posts want to see tried with past matters."""
    return tables.try_rules(actor=system_actor())


def dispatch_by_rules() -> int:
    """What came in and what an automatic rule, borne out by a duty list, gives to somebody."""
    return tables.dispatch_by_rules(actor=system_actor(), now=timezone.now())


def act_on_many() -> int:
    """What posts planned to do with many matters at once, when its undo window is over."""
    return tables.run_bulks(actor=system_actor(), clock=timezone.now)


def apply_clock_rules() -> int:
    """Terms that the district put in force for open matters too move their dates."""
    return tables.apply_clock_rules(actor=system_actor(), now=timezone.now())


def turn_grid() -> int:
    """On the day on which another grid comes into force its cells get their people and open matters their place in it."""
    actor, now = system_actor(), timezone.now()
    return grid.carry_people(actor=actor, now=now) + tables.rehome(actor=actor, now=now)


def forecast() -> int:
    """What is likely to be late is marked, and once a night learned anew."""
    return tables.forecast(actor=system_actor(), now=timezone.now())


EXECUTORS: dict[str, planning.Executor] = {
    "plan": planning.compute_plans,
    "front": planning.compute_plans,
    "merge": planning.merge_grids,
    "sites": planning.siting(casework.arisen),
}
"""Kind of a long computation → who does it."""


def compute() -> int:
    """Plans, merges and sites that posts asked for."""
    return planning.run_waiting(EXECUTORS, actor=system_actor())


GRIDS_WAIT = timedelta(days=30)
"""So long a department's grid waits to be taken."""


def tidy() -> int:
    """What nobody needs any more goes."""
    return tidying.tidy() + _put_away()


def _put_away() -> int:
    """Tables that posts fetched, rows of lists and departments' grids that nobody took in."""
    actor, now = system_actor(), timezone.now()
    gone = tables.put_away_exports(actor=actor, now=now) + cases.forget_lists(actor=actor, now=now)
    return gone + plans.put_away_department_grids(actor=actor, before=now - GRIDS_WAIT, now=now)


def publish() -> int:
    """Months that are over become open data."""
    return cases.publish_due(actor=system_actor(), now=timezone.now())


def draw() -> int:
    """A sample of the last whole week's answers is to be called back."""
    return cases.draw_last_week(actor=system_actor(), now=timezone.now())


def draft_report() -> int:
    """When a month is over its report is drafted, for people to edit and a leader to issue."""
    return cases.draft_last_month(actor=system_actor(), now=timezone.now())


def learn() -> int:
    """The model that suggests categories: at night, or when somebody asked for it."""
    return learning.learn_when_due(actor=system_actor())


def find_hot_issues() -> int:
    """Matters of one problem are grouped: two weeks each hour, a quarter each night; a person counts once."""
    now = timezone.now()
    cases.renew_voice_salt(actor=system_actor(), now=now)
    return tables.find_hot_issues(now=now)


def read_again() -> int:
    """The monitor reads what was sealed since, and everything once a day."""
    return ledger.read_again(now=timezone.now())


def look_around() -> int:
    """What witnesses and mirrors have seen of this ledger, and the forks that they hold."""
    return ledger.look_around(actor=system_actor(), clock=timezone.now)


def keep_twin() -> int:
    """The ledger's twin by the national standards, where the operator has one kept."""
    if not installation().gm:
        return 0
    return ledger.keep_twin(actor=system_actor(), clock=timezone.now)


GATHERER = ledger.Gatherer(timezone.now)
ANCHORER = ledger.Anchorer(timezone.now)
EVM_ANCHORER = ledger.EvmAnchorer(timezone.now)

CHORES = (
    Chore("witnesses", GATHERER.gather, 2.0, aside=True, listens=True),
    Chore("timestamps", ANCHORER.anchor, 60.0, aside=True),
    Chore("twin", keep_twin, 2.0, aside=True),
    Chore("chain", EVM_ANCHORER.anchor, 15.0, aside=True),
    Chore("monitor", read_again, 60.0, aside=True),
    Chore("neighbours", look_around, 20.0, aside=True),
    Chore("escalation", escalate, 60.0),
    Chore("sending", send, 5.0, aside=True),
    Chore("partners", exchange, 2.0, aside=True),
    Chore("other systems", tell_systems, 5.0, aside=True),
    Chore("open data", publish, 20.0),
    Chore("call-backs", draw, 1800.0),
    Chore("monthly report", draft_report, 1800.0, aside=True),
    Chore("exports", write_exports, 2.0, aside=True),
    Chore("trials of rules", try_rules, 2.0, aside=True),
    Chore("automatic dispatch", dispatch_by_rules, 10.0),
    Chore("acts on many", act_on_many, 2.0, aside=True),
    Chore("triage", learn, 10.0, aside=True),
    Chore("hot issues", find_hot_issues, 600.0, aside=True),
    Chore("clock rules", apply_clock_rules, 5.0, aside=True),
    Chore("grid", turn_grid, 20.0, aside=True),
    Chore("forecasts", forecast, 600.0, aside=True),
    Chore("planning", compute, 2.0, aside=True),
    Chore("joint answers", carry_answers, 5.0, aside=True),
    Chore("tidying", tidy, 3600.0),
)
