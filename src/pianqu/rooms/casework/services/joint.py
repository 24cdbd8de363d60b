"""Joint handling: templates, what they add to a dispatch, whose part comes after whose, and what is ticked off."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused, unchanged
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import deadline
from pianqu.kernels.deadline import Term, Unit
from pianqu.kernels.dispatch import circle
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import CheckDone, PartsOrdered, TemplateApplied, TemplateSet
from pianqu.rooms.casework.models import Case, CheckItem, JointTemplate, JointWait
from pianqu.rooms.casework.queries import TemplateCard, TemplatePart
from pianqu.rooms.casework.queries.dispatch import shortened
from pianqu.rooms.casework.services.steps import live_tasks, locked, noted, tell
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

MOST_PARTS, MOST_CHECKS, MOST_TEMPLATES, LONGEST_CHECK, LONGEST_DAYS = 20, 30, 200, 120, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who leads and helps, with what a template adds."""

    lead_code: str
    helper_codes: tuple[str, ...]
    template: TemplateCard | None = None

    def due_of(self, code: str, case: Case, now: datetime) -> datetime | None:
        """A helper's own date by the template, within the matter's; None where it gives none."""
        part = next((p for p in self.template.parts if p.organisation_code == code), None) if self.template else None
        if part is None or not part.days:
            return None
        term = Term(part.days, Unit.WORKING_DAYS, rolls=False)
        due = deadline.due_at(now, [term], queries.recent_working_days(now), zone=timezone.get_default_timezone())
        return min(due.at, case.due_at) if due and case.due_at else due.at if due else None


def planned(template_code: str, lead_code: str, helper_codes: Sequence[str]) -> Plan:
    """What was chosen, with a template's helpers. Raises Invalid for one that is not offered."""
    if not template_code:
        return Plan(lead_code=lead_code, helper_codes=tuple(helper_codes))
    known = queries.templates()
    if template_code not in known:
        raise Invalid("template-unknown", _("This template is not offered any more. Please choose another one."))
    whole = known.whole(template_code)
    lead = lead_code or whole.lead_code
    added = [code for code in whole.helper_codes if code != lead and code not in helper_codes]
    return Plan(lead_code=lead, helper_codes=(*helper_codes, *added), template=whole)


def applied(actor: Actor, case: Case, plan: Plan, now: datetime, *, anew: bool) -> list[Fact]:
    """Order and checklist of the template on the matter that was just dispatched; what an earlier dispatch left goes (`anew`)."""
    if anew:
        JointWait.objects.filter(case=case).delete()
    if plan.template is None:
        return []
    helpers = set(plan.helper_codes)
    waits = {
        part.organisation_code: tuple(code for code in part.after if code in helpers)
        for part in plan.template.parts
        if part.organisation_code in helpers
    }
    check_no_circle(waits)
    _keep_waits(case, waits)
    CheckItem.objects.filter(case=case, done_at=None).delete()
    checks = plan.template.checklist
    CheckItem.objects.bulk_create(
        CheckItem(id=new_id(), case=case, template_code=plan.template.code, order=n, words=words)
        for n, words in enumerate(checks, 1)
    )
    told = tell(
        actor,
        case,
        TemplateApplied,
        template_code=plan.template.code,
        helper_codes=plan.template.helper_codes,
        checks=len(checks),
    )
    return [told]


def _keep_waits(case: Case, waits: Mapping[str, Sequence[str]]) -> None:
    JointWait.objects.bulk_create(
        JointWait(case=case, organisation_code=code, after_code=after)
        for code, before in waits.items()
        for after in before
    )


def check_no_circle(waits: Mapping[str, Sequence[str]]) -> None:
    """Raise Refused for parts that would wait for each other for ever."""
    if ring := circle(waits):
        names = [directory.name_of(code) for code in ring]
        sentence = _("These parts would wait for each other without end: %(ring)s. Please let one of them begin first.")
        raise Refused("joint-circle", unchanged(sentence % {"ring": " → ".join(names)}))


def check_turn(case: Case, organisation_code: str) -> None:
    """Raise Refused while another's part has to be done first."""
    waits = JointWait.objects.filter(case=case, organisation_code=organisation_code).values_list(
        "after_code", flat=True
    )
    live = live_tasks(case) if waits else {}
    for code in waits:
        if code in live:
            sentence = _("Your part comes after that of %(name)s, which is not done yet. Nothing was changed.")
            raise Refused("joint-waits", sentence % {"name": directory.name_of(code)})


@verb
def order_parts(
    *, actor: Actor, case_id: uuid.UUID, organisation_code: str, after_codes: Sequence[str], now: datetime
) -> uuid.UUID:
    """Say whose parts have to be done before one organisation begins. Raises Refused for a circle, Invalid, Forbidden."""
    case = locked([case_id])[case_id]
    rules.check_may_ask_for_help(actor, case.lead_code)
    live = live_tasks(case)
    after = tuple(dict.fromkeys(code for code in after_codes if code))
    wrong = [code for code in (organisation_code, *after) if code not in live or live[code].role != "helper"]
    if wrong:
        raise Invalid("joint-no-part", _("Only helpers that have a part in this matter can be put in order."))
    waits: dict[str, list[str]] = {}
    for row in JointWait.objects.filter(case=case).exclude(organisation_code=organisation_code):
        waits.setdefault(row.organisation_code, []).append(row.after_code)
    check_no_circle({**waits, organisation_code: after})
    JointWait.objects.filter(case=case, organisation_code=organisation_code).delete()
    _keep_waits(case, {organisation_code: after})
    return noted(actor, case, [tell(actor, case, PartsOrdered, task_code=organisation_code, after_codes=after)], now)


@verb
def tick_check(*, actor: Actor, case_id: uuid.UUID, item_id: uuid.UUID, done: bool = True, now: datetime) -> uuid.UUID:
    """Something on the checklist is done, or not after all: by any organisation that has a part, or the centre."""
    case = locked([case_id])[case_id]
    if not rules.may_triage(actor):
        rules.check_has_part(actor, has_part=actor.organisation_code in live_tasks(case))
    item = CheckItem.objects.filter(case=case, id=item_id).first()
    if item is None:
        raise Absent("check-absent", _("There is no such item on this matter's checklist."))
    item.done_at, item.organisation_code = (now, actor.organisation_code) if done else (None, "")
    item.save(update_fields=["done_at", "organisation_code"])
    return noted(actor, case, [tell(actor, case, CheckDone, item_id=str(item.id), done=done)], now)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTemplate:
    """A template as somebody writes it."""

    code: str
    name: str
    categories: tuple[str, ...] = ()
    lead_code: str = ""
    parts: tuple[TemplatePart, ...] = ()
    checklist: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


@verb
def set_template(*, actor: Actor, template: NewTemplate, now: datetime) -> str:
    """Keep a template; the same code again replaces it. Raises Invalid, and Refused for circles of parts or of templates."""
    rules.check_may_write_rules(actor)
    code, name = shortened(template.code, 40), shortened(template.name, 40)
    checks = tuple(words for text in template.checklist if (words := shortened(text, LONGEST_CHECK)))
    if not code or not name:
        raise Invalid("template-name", _("Please say what the template is called. Nothing was changed."))
    if len(template.parts) > MOST_PARTS or len(checks) > MOST_CHECKS:
        raise Invalid("template-long", _("A template has at most 20 helpers and 30 checks. Nothing was changed."))
    _check_names(template, now)
    known = queries.templates()
    if code not in known.cards and len(known.cards) >= MOST_TEMPLATES:
        raise Refused("templates-many", _("There are 200 templates already. Please end one first."))
    for other in template.includes:
        if other not in known.cards and other != code:
            raise Invalid("template-unknown", _("There is no template “%(code)s”.") % {"code": other})
    check_no_circle({part.organisation_code: part.after for part in template.parts})
    if ring := circle({**known.includes, code: template.includes}):
        names = {card.code: card.name for card in known.cards.values()} | {code: name}
        sentence = _("These templates would take each other in without end: %(ring)s.")
        raise Refused("template-circle", unchanged(sentence % {"ring": " → ".join(names[one] for one in ring)}))
    JointTemplate.objects.update_or_create(
        code=code,
        defaults={
            "name": name,
            "categories": list(template.categories),
            "lead_code": template.lead_code,
            "parts": [
                {"organisation": part.organisation_code, "days": part.days, "after": list(part.after)}
                for part in template.parts
            ],
            "checklist": list(checks),
            "includes": list(template.includes),
            "ended_at": None,
        },
    )
    _tell(actor, code, template, len(checks), now)
    return code


def _check_names(template: NewTemplate, now: datetime) -> None:
    codes = [part.organisation_code for part in template.parts]
    own = [template.lead_code] if template.lead_code else []
    if len(set(codes + own)) < len(codes + own):
        raise Invalid("party-twice", _("An organisation cannot lead and help, or help twice."))
    known = directory.hold([*codes, *own])
    gone = [code for code in (*codes, *own) if code not in known or known[code].ended]
    if gone:
        raise Invalid("party-unknown", _("Please choose organisations from the list."))
    if any(code not in queries.known_codes() for code in template.categories):
        raise Invalid("category-unknown", _("There is no such category."))
    for part in template.parts:
        if not 0 <= part.days <= LONGEST_DAYS:
            raise Invalid("template-days", _("A helper's own date lies 1 to 60 working days ahead, or is left out."))
        if set(part.after) - set(codes):
            raise Invalid("template-after", _("A part can only come after another helper's part of this template."))


@verb
def end_template(*, actor: Actor, code: str, now: datetime) -> None:
    """Offer it no more; matters that were given out by it keep what it gave them. Raises Absent."""
    rules.check_may_write_rules(actor)
    row = JointTemplate.objects.select_for_update().filter(code=code, ended_at=None).first()
    if row is None:
        raise Absent("template-absent", _("There is no such template."))
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    helpers = tuple(part["organisation"] for part in row.parts)
    _record(actor, row.code, row.lead_code, helpers, len(row.checklist), ended=True, now=now)


def _tell(actor: Actor, code: str, template: NewTemplate, checks: int, now: datetime) -> None:
    helpers = tuple(part.organisation_code for part in template.parts)
    _record(actor, code, template.lead_code, helpers, checks, ended=False, now=now)


def _record(
    actor: Actor, code: str, lead_code: str, helpers: tuple[str, ...], checks: int, *, ended: bool, now: datetime
) -> None:
    told = TemplateSet(
        subject=f"template:{code}",
        organisation_code=actor.organisation_code,
        template_code=code,
        lead_code=lead_code,
        helper_codes=helpers,
        checks=checks,
        ended=ended,
    )
    ledger.record([told], actor=actor, now=now)
