"""What is under way beside open matters when organisations merge or split: whistles, task forces, members of platforms, root
causes pass to the successors, and so do templates and dispatch rules. Part of `hand_over`, in its transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.kernels.dispatch import circle
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.facts import (
    JointWorkHandedOver,
    RulesAdopted,
    RulesDrafted,
    RulesDropped,
    RulesWritten,
    TemplateSet,
)
from pianqu.rooms.casework.lifecycle import CauseState
from pianqu.rooms.casework.models import (
    ForceMember,
    JointTemplate,
    JointWait,
    Measure,
    PlatformMember,
    RootCause,
    RuleVersion,
    TaskForce,
    Whistle,
    WhistleCall,
)
from pianqu.rooms.casework.queries import RuleRow
from pianqu.rooms.casework.queries.dispatch import ADOPTED, DRAFT, DROPPED
from pianqu.rooms.casework.services.ruling import check_sound
from pianqu.rooms.casework.services.whistling import LIVE
from pianqu.rooms.directory.services import Reorganisation
from pianqu.rooms.ledger import services as ledger

Way = Callable[[str], str]
"""Old code → new code."""
FURTHEST = ("called", "objected", "coming", "arrived")
"""Where two calls of one whistle meet, the one that came further stays."""


@dataclass(slots=True)
class _Work:
    """The plan, and what has passed so far, by (old, new)."""

    actor: Actor
    plan: Reorganisation
    now: datetime
    passed: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def way(self, category: str = "", place_code: str = "") -> Way:
        """For something of this category in this place."""
        heir = self.plan.to_code(category, place_code)
        return lambda code: heir if code in self.plan.of else code

    def note(self, what: str, key: object, old: str, new: str) -> None:
        if old != new:
            self.passed.setdefault((old, new), {}).setdefault(what, []).append(str(key))


def pass_joint_work(actor: Actor, plan: Reorganisation, now: datetime) -> tuple[str, ...]:
    """Let it follow the plan; answers sentences about what whoever keeps the rules has to look at. Statements do not grow with
    the number of matters."""
    work = _Work(actor, plan, now)
    _pass_whistles(work)
    _pass_forces(work)
    _pass_members(work)
    _pass_causes(work)
    _pass_templates(work)
    _pass_rules(work)
    facts = [
        JointWorkHandedOver(
            subject=f"organisation:{old}",
            organisation_code=old,
            old_code=old,
            new_code=new,
            on=plan.on.isoformat(),
            **{what: tuple(ids) for what, ids in found.items()},
        )
        for (old, new), found in sorted(work.passed.items())
    ]
    ledger.record(facts, actor=actor, now=now)
    return tuple(work.said)


def pass_waits(case_ids: Sequence[UUID], plan: Reorganisation) -> None:
    """Whose part comes after whose, in these matters: nobody waits for itself, and parts that meet do not wait in a circle."""
    rows = list(JointWait.objects.filter(case_id__in=case_ids).select_related("case").order_by("id"))
    touched = {row.case_id for row in rows if {row.organisation_code, row.after_code} & set(plan.of)}
    kept: dict[UUID, dict[str, list[str]]] = {}
    fresh: list[JointWait] = []
    for row in rows:
        if row.case_id not in touched:
            continue
        heir = plan.to_code(row.case.category, row.case.place_code or "")
        code, after = (heir if one in plan.of else one for one in (row.organisation_code, row.after_code))
        waits = kept.setdefault(row.case_id, {})
        if code == after or after in waits.get(code, ()) or circle({**waits, code: [*waits.get(code, ()), after]}):
            continue
        waits.setdefault(code, []).append(after)
        fresh.append(JointWait(case_id=row.case_id, organisation_code=code, after_code=after))
    JointWait.objects.filter(case_id__in=touched).delete()
    JointWait.objects.bulk_create(fresh)


def _pass_whistles(work: _Work) -> None:
    """Who calls and who is called, of whistles that are still heard. What was said stays; two calls that meet become one."""
    of = set(work.plan.of)
    called = WhistleCall.objects.filter(organisation_code__in=of, state__in=LIVE).values("whistle_id")
    live = Whistle.objects.select_for_update().filter(ended_at=None)
    whistles = list(live.filter(Q(organisation_code__in=of) | Q(id__in=called)).order_by("id"))
    calls: dict[UUID, list[WhistleCall]] = {}
    for call in WhistleCall.objects.filter(whistle__in=whistles).select_related("whistle__case").order_by("id"):
        calls.setdefault(call.whistle_id, []).append(call)
    changed: list[WhistleCall] = []
    for whistle in whistles:
        own = calls.get(whistle.id, [])
        case = own[0].whistle.case if own else None
        to = work.way(case.category if case else "", whistle.place_code)
        work.note("whistle_ids", whistle.id, whistle.organisation_code, to(whistle.organisation_code))
        whistle.organisation_code = to(whistle.organisation_code)
        changed += _calls_passed(work, whistle, own, to)
    Whistle.objects.bulk_update(whistles, ["organisation_code"], batch_size=500)
    WhistleCall.objects.bulk_update(changed, ["organisation_code", "state", "due_at", "warn_at"], batch_size=500)


def _calls_passed(work: _Work, whistle: Whistle, calls: Sequence[WhistleCall], to: Way) -> list[WhistleCall]:
    """One call of a whistle for each organisation; what has no place beside another, or calls the caller itself, ends."""
    moving = [call for call in calls if call.state in LIVE and to(call.organisation_code) != call.organisation_code]
    there = {call.organisation_code: call for call in calls if call not in moving}
    for call in sorted(moving, key=lambda one: -FURTHEST.index(one.state)):
        old, new = call.organisation_code, to(call.organisation_code)
        work.note("whistle_ids", whistle.id, old, new)
        if new in there or new == whistle.organisation_code:
            call.state, call.due_at, call.warn_at = "ended", None, None
        else:
            call.organisation_code, there[new] = new, call
    itself = there.get(whistle.organisation_code)
    if itself is not None and itself.state in LIVE:
        itself.state, itself.due_at, itself.warn_at = "ended", None, None
        moving.append(itself)
    return moving


def _pass_forces(work: _Work) -> None:
    """Lead and members of those that have not ended. They have no category and no place, so they go to who gets the rest."""
    of, to = set(work.plan.of), work.way()
    mine = ForceMember.objects.filter(organisation_code__in=of).values("force_id")
    living = TaskForce.objects.select_for_update().filter(ended_at=None)
    forces = list(living.filter(Q(lead_code__in=of) | Q(id__in=mine)).order_by("id"))
    members: dict[UUID, list[ForceMember]] = {}
    for row in ForceMember.objects.filter(force__in=forces).order_by("id"):
        members.setdefault(row.force_id, []).append(row)
    gone: list[int] = []
    moved: list[ForceMember] = []
    for force in forces:
        work.note("force_ids", force.id, force.lead_code, to(force.lead_code))
        force.lead_code = to(force.lead_code)
        there = {force.lead_code} | {row.organisation_code for row in members.get(force.id, ())} - of
        for row in members.get(force.id, ()):
            new = to(row.organisation_code)
            if new == row.organisation_code and new not in of:
                continue
            work.note("force_ids", force.id, row.organisation_code, new)
            if new in there:
                gone.append(row.pk)
            elif new != row.organisation_code:
                row.organisation_code = new
                moved.append(row)
            there.add(new)
    ForceMember.objects.filter(pk__in=gone).delete()
    TaskForce.objects.bulk_update(forces, ["lead_code"], batch_size=500)
    ForceMember.objects.bulk_update(moved, ["organisation_code"], batch_size=500)


def _pass_members(work: _Work) -> None:
    """Who takes part in a platform: by its place, a single post with its post."""
    live = PlatformMember.objects.select_for_update().filter(ended_at=None)
    rows = list(live.filter(organisation_code__in=work.plan.of).order_by("added_at", "id"))
    there = set(live.values_list("platform", "street_code", "organisation_code", "post_id"))
    for row in rows:
        old = row.organisation_code
        new = work.plan.post_to(UUID(row.post_id)) if row.post_id else work.way("", row.street_code)(old)
        if new == old:
            continue
        line = (row.platform, row.street_code, new, row.post_id)
        if line in there:
            row.ended_at = work.now
        else:
            row.organisation_code = new
            there.add(line)
        work.note("member_ids", row.id, old, new)
    PlatformMember.objects.bulk_update(rows, ["organisation_code", "ended_at"], batch_size=500)


def _pass_causes(work: _Work) -> None:
    """Who leads against a root cause that is not closed, and who has a measure to carry out."""
    of = work.plan.of
    causes = list(
        RootCause.objects.select_for_update().filter(lead_code__in=of).exclude(state=CauseState.CLOSED).order_by("id")
    )
    for cause in causes:
        old, cause.lead_code = cause.lead_code, work.plan.to_code(cause.category, cause.place_code)
        work.note("cause_ids", cause.id, old, cause.lead_code)
    measures = list(
        Measure.objects.select_related("cause").filter(organisation_code__in=of, ended_at=None).order_by("id")
    )
    for one in measures:
        old, one.organisation_code = (
            one.organisation_code,
            work.plan.to_code(one.cause.category, one.cause.place_code),
        )
        work.note("cause_ids", one.cause_id, old, one.organisation_code)
    RootCause.objects.bulk_update(causes, ["lead_code"], batch_size=500)
    Measure.objects.bulk_update(measures, ["organisation_code"], batch_size=500)


# rules and templates -------------------------------------------------------------------------------------------------


def _heir(work: _Work, categories: Iterable[str], areas: Iterable[str]) -> tuple[Way, bool]:
    """Old code → new code for something of these categories in these places, and whether the plan leaves only one way."""
    plan = work.plan
    heirs = {plan.to_code(category, area) for category in (*categories,) or ("",) for area in (*areas,) or ("",)}
    is_clear = len(heirs) == 1 and (not plan.shares or (bool([*categories]) and bool([*areas])))
    heir = heirs.pop() if len(heirs) == 1 else plan.rest_to
    return (lambda code: heir if code in plan.of else code), is_clear


def _pass_templates(work: _Work) -> None:
    """Living templates name the successors. Where a split leaves more than one way, that is said."""
    of = set(work.plan.of)
    for row in JointTemplate.objects.select_for_update().filter(ended_at=None).order_by("code"):
        named = {row.lead_code, *(part["organisation"] for part in row.parts)}
        if not named & of:
            continue
        to, is_clear = _heir(work, row.categories, ())
        row.lead_code = to(row.lead_code)
        row.parts = _parts(row.parts, row.lead_code, to)
        row.save(update_fields=["lead_code", "parts"])
        told = TemplateSet(
            subject=f"template:{row.code}",
            organisation_code=work.actor.organisation_code,
            template_code=row.code,
            lead_code=row.lead_code,
            helper_codes=tuple(part["organisation"] for part in row.parts),
            checks=len(row.checklist),
        )
        ledger.record([told], actor=work.actor, now=work.now)
        if not is_clear:
            sentence = _("The template “%(name)s” names an organisation that was divided: please look who has it now.")
            work.said.append(sentence % {"name": row.name})


def _parts(parts: Sequence[Mapping[str, Any]], lead_code: str, to: Way) -> list[dict[str, Any]]:
    """The helpers' parts under their new names: once each, not the lead's own, in no circle."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        code = to(part["organisation"])
        if code == lead_code:
            continue
        after = [to(one) for one in part.get("after", ())]
        here = found.setdefault(code, {"organisation": code, "days": part.get("days", 0), "after": []})
        here["after"] = list(dict.fromkeys((*here["after"], *after)))
    for code, part in found.items():
        kept: list[str] = []
        part["after"], wanted = kept, part["after"]
        for one in wanted:
            waits = {other: row["after"] for other, row in found.items()}
            if one in found and one != code and not circle({**waits, code: [*kept, one]}):
                kept.append(one)
    return list(found.values())


def _pass_rules(work: _Work) -> None:
    """The draft is written anew; what is in force, and what is to come, gets a version with the successors in its place, since
    a version that was put in force changes no more. One that would not be sound then stays, and that is said."""
    today = timezone.localdate(work.now)
    current = queries.rules_in_force(today)
    to_come = RuleVersion.objects.filter(state=ADOPTED, starts_on__gt=today).order_by("starts_on", "number")
    for row in [*([current] if current else []), *to_come]:
        rules, unclear = _rules_passed(work, row.rules)
        _say_unclear(work, row.number, unclear)
        if rules == row.rules:
            continue
        if (why := _unsound(rules)) and not RuleVersion.objects.filter(state=DRAFT).exists():
            _draft(work, row, rules)
        if why:
            sentence = _(
                "Dispatch rules %(number)d name an organisation that has ended, and could not be changed: %(why)s"
            )
            work.said.append(sentence % {"number": row.number, "why": why})
            continue
        _replace(work, row, rules, later=row is not current)
    draft = RuleVersion.objects.select_for_update().filter(state=DRAFT).first()
    if draft is not None:
        rules, unclear = _rules_passed(work, draft.rules)
        _say_unclear(work, draft.number, unclear)
        if rules != draft.rules:
            draft.rules, draft.digest, draft.written_at = rules, queries.rules_digest(rules), work.now
            draft.save(update_fields=["rules", "digest", "written_at"])
            _tell(work, draft, RulesWritten, rules=len(rules))


def _say_unclear(work: _Work, number: int, unclear: Sequence[str]) -> None:
    for name in unclear:
        sentence = _(
            "Dispatch rule “%(rule)s” (version %(number)d) names an organisation that was divided: please check it."
        )
        work.said.append(sentence % {"rule": name, "number": number})


def _rules_passed(work: _Work, kept: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The rules with the successors, and the names of those for which the plan leaves more than one way."""
    found, unclear = [], []
    for row in map(queries.rule_row, kept):
        if {row.lead, *row.helpers, *row.returned_by} & set(work.plan.of):
            to, is_clear = _heir(work, row.categories, row.areas)
            unclear += [] if is_clear else [row.name or row.code]
            row = _rule_passed(row, to)
        found.append(row.kept())
    return found, tuple(unclear)


def _rule_passed(row: RuleRow, to: Way) -> RuleRow:
    lead = to(row.lead) if row.lead else ""
    helpers = tuple(code for code in dict.fromkeys(map(to, row.helpers)) if code != lead)
    return replace(row, lead=lead, helpers=helpers, returned_by=tuple(dict.fromkeys(map(to, row.returned_by))))


def _unsound(rules: list[dict[str, Any]]) -> str:
    """Why these rules could not be in force; empty where they can."""
    try:
        check_sound(RuleVersion(rules=rules))
    except Refused as problem:
        return problem.message
    return ""


def _next() -> int:
    return int(RuleVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def _draft(work: _Work, row: RuleVersion, rules: list[dict[str, Any]]) -> None:
    fresh = RuleVersion.objects.create(
        number=_next(),
        state=DRAFT,
        rules=rules,
        digest=queries.rules_digest(rules),
        based_on=row.number,
        written_at=work.now,
    )
    _tell(work, fresh, RulesDrafted, based_on=row.number)


def _replace(work: _Work, row: RuleVersion, rules: list[dict[str, Any]], *, later: bool) -> None:
    fresh = RuleVersion.objects.create(
        number=_next(),
        state=ADOPTED,
        rules=rules,
        digest=queries.rules_digest(rules),
        based_on=row.number,
        starts_on=row.starts_on if later else timezone.localdate(work.now),
        written_at=work.now,
        adopted_at=work.now,
    )
    day = fresh.starts_on.isoformat() if fresh.starts_on else ""
    _tell(work, fresh, RulesAdopted, rules=len(rules), starts_on=day)
    if later:
        row.state = DROPPED
        row.save(update_fields=["state"])
        _tell(work, row, RulesDropped)


def _tell(work: _Work, row: RuleVersion, fact: Any, **own: Any) -> None:
    told = fact(
        subject=f"rules:{row.number}",
        organisation_code=work.actor.organisation_code,
        version=row.number,
        digest=row.digest,
        **own,
    )
    ledger.record([told], actor=work.actor, now=work.now)
