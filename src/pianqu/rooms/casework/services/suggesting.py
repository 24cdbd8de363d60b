"""What a rule suggested for a dispatch is written down with it; rules that a duty list bears out may dispatch alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import DispatchSuggested
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.models import Case, RuleCursor, RuleUse, Task
from pianqu.rooms.casework.queries import RuleSuggestion
from pianqu.rooms.casework.services.steps import tell

AT_ONCE = 200
LATE_COMMIT = timedelta(minutes=10)
"""A matter is looked for so long after it came in: its transaction may have ended later than that of a younger one."""
LOOK_BACK = timedelta(days=1)
"""What came in before a version began is a person's to dispatch, up to this."""


def used(
    actor: Actor,
    case: Case,
    found: RuleSuggestion | None,
    helper_codes: Sequence[str],
    *,
    automatic: bool,
    now: datetime,
) -> list[Fact]:
    """Keep what was suggested for the dispatch that just made the case's tasks; answers what is to be told."""
    if found is None:
        return []
    followed = case.lead_code == found.lead_code and set(helper_codes) == set(found.helper_codes)
    RuleUse.objects.create(
        task=Task.objects.get(case=case, role="lead", ended_at=None),
        case=case,
        version=found.version,
        rule_code=found.rule_code,
        suggested_code=found.lead_code,
        followed=followed,
        automatic=automatic,
        at=now,
    )
    told = tell(
        actor,
        case,
        DispatchSuggested,
        version=found.version,
        rule_code=found.rule_code,
        suggested_code=found.lead_code,
        lead_code=case.lead_code,
        followed=followed,
        automatic=automatic,
    )
    return [told]


def due_for_rules(*, now: datetime, most: int = AT_ONCE) -> list[Case]:
    """Matters that came in since automatic rules were last tried; none where the version in force has no automatic rule."""
    version = queries.rules_in_force(timezone.localdate(now))
    if version is None or not any(kept.get("automatic") for kept in version.rules):
        return []
    cursor = RuleCursor.objects.filter(version=version.number).first()
    since = (cursor.up_to if cursor else now - LOOK_BACK) - LATE_COMMIT
    fresh = Case.objects.filter(
        state=State.OPENED, opened_at__gt=since, opened_at__lte=now, imported_from=None, parent=None
    )
    return list(fresh.order_by("opened_at", "id")[:most])


def may_go_alone(actor: Actor, found: RuleSuggestion | None) -> bool:
    """Whether a suggestion is dispatched without a person: the rule says so, and a duty list names the lead there."""
    return rules.may_triage(actor) and found is not None and found.automatic and found.allowed and found.listed
