"""Where would this have gone? A version of the rules is tried with past matters, by the worker where they are many."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import dispatch
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import RulesTrialEnded, RulesTried
from pianqu.rooms.casework.models import Case, RuleTrial, RuleVersion, Task
from pianqu.rooms.casework.queries.dispatch import TRIAL_ASKED, TRIAL_READY, TRIAL_STOPPED, as_rule, matter_of, rule_row
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

LONGEST = timedelta(days=92)
MOST_WAITING = 2
LISTED = 300
"""Differing matters that are named; all are counted."""
PAGE = 1_000


@verb
def try_rules(*, actor: Actor, number: int, compared: int = 0, since: date, until: date, now: datetime) -> uuid.UUID:
    """Ask where the matters that came in on these days would have gone; the worker finds out.

    Compared with what happened, and with another version (0: the one in force). Raises Invalid, Refused, Forbidden, Absent.
    """
    rules.check_may_see_rules(actor)
    rules.check_in_post(actor)
    card = queries.rule_version(actor, number, on=timezone.localdate(now))
    if since > until or until - since > LONGEST:
        raise Invalid("trial-days", _("Please choose a first and a last day, three months apart at most."))
    current = queries.rules_in_force(timezone.localdate(now))
    other = queries.rule_version(actor, compared, on=timezone.localdate(now)).number if compared else 0
    other = other or (current.number if current is not None else 0)
    waiting = RuleTrial.objects.filter(post_id=actor.acting_post_id or "-", state=TRIAL_ASKED)
    if waiting.count() >= MOST_WAITING:
        raise Refused("trials-many", _("Two trials are running already. Please wait for one of them."))
    row = RuleTrial.objects.create(
        id=new_id(),
        post_id=actor.acting_post_id or "",
        account_id=uuid.UUID(actor.account_id or str(uuid.UUID(int=0))),
        version=number,
        digest=card.digest,
        rules=[one.kept() for one in card.rules],
        compared=other or None,
        since=since,
        until=until,
        state=TRIAL_ASKED,
        asked_at=now,
    )
    told = RulesTried(
        subject=f"rules:{number}",
        organisation_code=actor.organisation_code,
        version=number,
        digest=card.digest,
        trial_id=str(row.id),
        compared=other,
        since=since.isoformat(),
        until=until.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


@verb
def end_trial(
    *,
    actor: Actor,
    trial_id: uuid.UUID,
    outcome: Mapping[str, Any] | None,
    total: int = 0,
    scope_mark: str = "",
    now: datetime,
) -> bool:
    """The worker says what it found, or (None) that it cannot be found out. No where it was told before."""
    rules.check_is_own_program(actor)
    row = RuleTrial.objects.select_for_update().filter(id=trial_id, state=TRIAL_ASKED).first()
    if row is None:
        return False
    row.state = TRIAL_STOPPED if outcome is None else TRIAL_READY
    row.outcome, row.total, row.scope_mark, row.ready_at = dict(outcome or {}), total, scope_mark, now
    row.save()
    told = RulesTrialEnded(
        subject=f"rules:{row.version}",
        organisation_code=actor.organisation_code,
        version=row.version,
        digest=row.digest,
        trial_id=str(row.id),
        ready=outcome is not None,
        matters=total,
    )
    ledger.record([told], actor=actor, now=now)
    return True


@dataclass(slots=True)
class Trying:
    """One trial as it is worked through, page by page."""

    rows: Sequence[Mapping[str, Any]]
    other: Sequence[Mapping[str, Any]]
    on: date
    happened: Counter[str] = field(default_factory=Counter)
    would: Counter[str] = field(default_factory=Counter)
    now: Counter[str] = field(default_factory=Counter)
    ruled: Counter[str] = field(default_factory=Counter)
    ruled_other: Counter[str] = field(default_factory=Counter)
    """How many matters each rule decided, and how many of these went to somebody else in truth."""
    matters: list[tuple[str, str, str, str, str, bool]] = field(default_factory=list)
    unruled: int = 0
    refused: int = 0
    differs: int = 0
    differs_now: int = 0
    listed_of: int = 0
    done: int = 0
    _may: dict[tuple[str, str, str], bool] = field(default_factory=dict)

    def pages(self, cases: Any) -> Iterator[int]:
        """Work through the cases; tells after each page how many are done."""
        known = queries.templates()
        leads = {card.code: card.lead_code for card in known.cards.values()}
        mine = [as_rule(rule_row(kept), leads) for kept in self.rows]
        theirs = [as_rule(rule_row(kept), leads) for kept in self.other]
        after = None
        while True:
            page = (
                cases
                if after is None
                else cases.filter(opened_at__gte=after[0]).exclude(opened_at=after[0], id__lte=after[1])
            )
            found = list(page.order_by("opened_at", "id")[:PAGE])
            if not found:
                return
            first = _first_leads(found)
            for case in found:
                self._one(case, first.get(case.id, ""), mine, theirs)
            self.done += len(found)
            after = (found[-1].opened_at, found[-1].id)
            yield self.done

    def _one(self, case: Case, happened: str, mine: Sequence[dispatch.Rule], theirs: Sequence[dispatch.Rule]) -> None:
        matter = matter_of(case)
        decision, other = dispatch.decide(mine, matter), dispatch.decide(theirs, matter)
        would = decision.rule.lead if decision.rule else ""
        now = other.rule.lead if other.rule else ""
        refused = bool(would) and not self._allowed(case, would)
        self.happened[happened] += 1
        self.would[would] += 1
        self.now[now] += 1
        self.unruled += decision.rule is None
        self.refused += refused
        elsewhere = bool(would and happened and would != happened)
        if decision.rule:
            self.ruled[decision.rule.code] += 1
            self.ruled_other[decision.rule.code] += elsewhere
        self.differs += elsewhere
        self.differs_now += would != now
        if refused or elsewhere or would != now:
            self.listed_of += 1
            if len(self.matters) < LISTED:
                rule = decision.rule.code if decision.rule else ""
                self.matters.append((str(case.id), happened, would, now, rule, refused))

    def _allowed(self, case: Case, lead: str) -> bool:
        """Whether today's duty lists let it be handed there; asked once for each kind of matter and community."""
        if not case.place_code:
            return True
        key = (case.category, case.place_code, lead)
        if key not in self._may:
            self._may[key] = directory.may_be_given(
                category=case.category, place_code=case.place_code, organisation_code=lead, on=self.on
            ).allowed
        return self._may[key]

    def outcome(self) -> dict[str, Any]:
        codes = sorted({*self.happened, *self.would, *self.now} - {""})
        return {
            "lines": [[code, self.happened[code], self.would[code], self.now[code]] for code in codes],
            "rules": [[code, self.ruled[code], self.ruled_other[code]] for code in sorted(self.ruled)],
            "matters": [list(one) for one in self.matters],
            "unruled": self.unruled,
            "refused": self.refused,
            "differs": self.differs,
            "differs_now": self.differs_now,
            "listed_of": self.listed_of,
        }


def _first_leads(cases: Sequence[Case]) -> dict[uuid.UUID, str]:
    """Who led each case first. One statement."""
    found: dict[uuid.UUID, str] = {}
    tasks = Task.objects.filter(case__in=cases, role="lead").order_by("given_at", "id")
    for case_id, code in tasks.values_list("case_id", "organisation_code"):
        found.setdefault(case_id, code)
    return found


def other_rules(number: int | None) -> Sequence[Mapping[str, Any]]:
    """The rules with which a trial is compared; none where there were none."""
    row = RuleVersion.objects.filter(number=number).first() if number else None
    return tuple(row.rules) if row is not None else ()
