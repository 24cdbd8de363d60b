"""Questions to dispatch: versions of the rules, what they suggest for a matter, how often that was wrong, trials, templates."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.kernels import canonical, checkcode, dispatch
from pianqu.kernels import words as kernel
from pianqu.kernels.dispatch import DAY, Fault, Matter, Rule
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.models import (
    Case,
    CheckItem,
    JointTemplate,
    JointWait,
    Request,
    RuleTrial,
    RuleTrialRun,
    RuleUse,
    RuleVersion,
    Task,
)
from pianqu.rooms.casework.queries.cases import known_codes
from pianqu.rooms.casework.queries.naming import CHANNELS, NATURES
from pianqu.rooms.casework.queries.seen import seen_by
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

DRAFT, ADOPTED, DROPPED = "draft", "adopted", "dropped"
MOST_RULES = 300
TRIAL_ASKED, TRIAL_READY, TRIAL_STOPPED = "asked", "ready", "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule as people write it: codes, days from 1 (Monday), times as 08:30."""

    code: str
    name: str = ""
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    since: str = ""
    until: str = ""
    words: tuple[str, ...] = ()
    returned_by: tuple[str, ...] = ()
    lead: str = ""
    helpers: tuple[str, ...] = ()
    template: str = ""
    nature: str = ""
    automatic: bool = False

    def kept(self) -> dict[str, Any]:
        """As the version holds it: only what is said."""
        told = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


LISTS = ("categories", "areas", "cells", "channels", "weekdays", "words", "returned_by", "helpers")


def rule_row(kept: Mapping[str, Any]) -> RuleRow:
    """A rule as a version holds it."""
    told: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in kept.items()}
    return RuleRow(**told)


def minute_of(text: str) -> int | None:
    """A time of day in minutes; 24:00 is the day's end. None for what is none."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isascii() and minutes.isascii() and hours.isdigit() and minutes.isdigit()):
        return None
    minute = int(hours) * 60 + int(minutes)
    return minute if len(hours) < 3 and len(minutes) == 2 and int(minutes) < 60 and minute <= DAY else None


def as_rule(row: RuleRow, leads: Mapping[str, str] | None = None) -> Rule:
    """The rule as the kernel takes it. `leads`: who leads by each template, where the rule itself names nobody."""
    since, until = minute_of(row.since), minute_of(row.until)
    return Rule(
        code=row.code,
        categories=frozenset(row.categories),
        areas=frozenset(directory.stem(area) for area in row.areas),
        cells=frozenset(row.cells),
        channels=frozenset(row.channels),
        weekdays=frozenset(day - 1 for day in row.weekdays),
        minutes=None if since is None or until is None else (since, until),
        words=row.words,
        returned_by=frozenset(row.returned_by),
        lead=row.lead or (leads or {}).get(row.template, ""),
        helpers=row.helpers,
        template=row.template,
        nature=row.nature,
        automatic=row.automatic,
    )


def rules_digest(kept: Sequence[Mapping[str, Any]]) -> str:
    """What binds a version's rules."""
    return sha256(canonical.encode([dict(row) for row in kept])).hexdigest()


# versions ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersionCard:
    number: int
    state: str
    digest: str
    based_on: int | None
    starts_on: date | None
    written_at: datetime
    adopted_at: datetime | None
    rules: tuple[RuleRow, ...]
    in_force: bool = False


def _version(row: RuleVersion, *, in_force: bool) -> RuleVersionCard:
    return RuleVersionCard(
        number=row.number,
        state=row.state,
        digest=row.digest,
        based_on=row.based_on,
        starts_on=row.starts_on,
        written_at=row.written_at,
        adopted_at=row.adopted_at,
        rules=tuple(rule_row(kept) for kept in row.rules),
        in_force=in_force,
    )


def in_force(on: date) -> RuleVersion | None:
    """The version by which matters are suggested on a day: the one that began last. One statement."""
    begun = RuleVersion.objects.filter(state=ADOPTED, starts_on__lte=on)
    return begun.order_by("-starts_on", "-adopted_at", "-number").first()


def rule_versions(actor: Actor, *, on: date) -> tuple[RuleVersionCard, ...]:
    """All versions that were not dropped, the newest first. One statement. Raises Forbidden."""
    rules.check_may_see_rules(actor)
    rows = list(RuleVersion.objects.exclude(state=DROPPED).order_by("-number")[:200])
    begun = [row for row in rows if row.state == ADOPTED and row.starts_on and row.starts_on <= on]
    now = max(begun, key=lambda row: (row.starts_on, row.adopted_at, row.number), default=None)
    return tuple(_version(row, in_force=row is now) for row in rows)


def rule_version(actor: Actor, number: int, *, on: date) -> RuleVersionCard:
    """Raises Absent, Forbidden."""
    rules.check_may_see_rules(actor)
    row = RuleVersion.objects.filter(number=number).first() if 0 < number < 2**31 else None
    if row is None:
        raise Absent("rules-absent", _("There is no such version of the rules."))
    now = in_force(on)
    return _version(row, in_force=now is not None and now.number == row.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What one version says otherwise than another: `kind` is added, removed, changed or moved; `fields` name what changed."""

    kind: str
    code: str
    name: str
    fields: tuple[str, ...] = ()


def compared(old: Sequence[RuleRow], new: Sequence[RuleRow]) -> tuple[RuleChange, ...]:
    """The differences in the order of the new one, then what it lacks. A rule is the same by its code."""
    before, after = {row.code: row for row in old}, {row.code: row for row in new}
    kept = [row.code for row in new if row.code in before]
    stays = _in_order(kept, [row.code for row in old if row.code in after])
    found: list[RuleChange] = []
    for row in new:
        if row.code not in before:
            found.append(RuleChange(kind="added", code=row.code, name=row.name))
        elif fields := tuple(n for n in row.__slots__ if getattr(row, n) != getattr(before[row.code], n)):
            found.append(RuleChange(kind="changed", code=row.code, name=row.name, fields=fields))
        elif row.code not in stays:
            found.append(RuleChange(kind="moved", code=row.code, name=row.name))
    found += [RuleChange(kind="removed", code=row.code, name=row.name) for row in old if row.code not in after]
    return tuple(found)


def _in_order(new: Sequence[str], old: Sequence[str]) -> set[str]:
    """Codes that kept their order among each other: a longest increasing row of places. O(n²), n ≤ MOST_RULES."""
    place = {code: n for n, code in enumerate(old)}
    best: list[tuple[int, int]] = []
    for n, code in enumerate(new):
        length, before = max(
            ((best[m][0], m) for m in range(n) if place[new[m]] < place[code]), default=(0, -1), key=lambda one: one[0]
        )
        best.append((length + 1, before))
    at = max(range(len(new)), key=lambda n: best[n][0], default=-1)
    stays: set[str] = set()
    while at >= 0:
        stays.add(new[at])
        at = best[at][1]
    return stays


# what is wrong with a list -------------------------------------------------------------------------------------------


def rule_faults(rows: Sequence[RuleRow], known: "Templates") -> tuple[Fault, ...]:
    """What the kernel finds in these rules together with the templates that they name.

    A rule that loops is not called unreachable too: the one has to be mended first, and then the other is said.
    """
    leads = {card.code: card.lead_code for card in known.cards.values()}
    found = dispatch.faults([as_rule(row, leads) for row in rows], known.includes)
    looping = {code for fault in found if fault.kind == "loops" for code in (fault.code, *fault.others)}
    return tuple(fault for fault in found if fault.kind != "unreachable" or fault.code not in looping)


def check_row(row: RuleRow, world: "World") -> None:
    """Raise Invalid for a rule that names what does not exist, with a sentence that says which."""
    where = row.name or row.code
    for value in row.categories:
        _must(value in world.categories, _("There is no category “%(value)s”."), value, where)
    for value in row.channels:
        _must(value in CHANNELS, _("There is no channel “%(value)s”."), value, where)
    for value in row.areas:
        _must(value in world.places, _("There is no street or community “%(value)s”."), value, where)
    for value in row.cells:
        _must(value in world.cells, _("There is no cell “%(value)s” in today's grid."), value, where)
    for value in (*row.returned_by, *row.helpers, *([row.lead] if row.lead else ())):
        _must(value in world.organisations, _("There is no organisation “%(value)s”, or it has ended."), value, where)
    _must(
        not row.template or row.template in world.templates, _("There is no template “%(value)s”."), row.template, where
    )
    _must(not row.nature or row.nature in NATURES, _("“%(value)s” is no kind of matter."), row.nature, where)
    for number in row.weekdays:
        _must(1 <= number <= 7, _("Weekdays are 1 (Monday) to 7, not “%(value)s”."), str(number), where)
    for value in (row.since, row.until):
        _must(not value or minute_of(value) is not None, _("“%(value)s” is no time like 08:30."), value, where)
    _must(bool(row.since) == bool(row.until), _("A time of day needs its beginning and its end."), "", where)
    _must(bool(row.code), _("A rule needs a code."), "", where)
    _must(not row.automatic or bool(row.nature), _("An automatic rule says of what kind the matter is."), "", where)


def _must(holds: bool, sentence: str, value: str, where: str) -> None:
    if not holds:
        said = {"rule": where, "why": sentence % {"value": value} if "%(value)s" in sentence else sentence}
        raise Invalid("rule-wrong", _("Rule %(rule)s: %(why)s Nothing was changed.") % said)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that a rule may name, asked once for a whole list."""

    categories: frozenset[str]
    places: frozenset[str]
    cells: frozenset[str]
    organisations: frozenset[str]
    templates: "Templates"


def world(on: date) -> World:
    """As it is on a day. A fixed number of statements."""
    return World(
        categories=known_codes(),
        places=frozenset(territory.ground(on=on).places),
        cells=frozenset(cell.code for cell in territory.cells(on=on)),
        organisations=frozenset(card.code for card in directory.all_organisations(on=on)),
        templates=templates(),
    )


# templates -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePart:
    """What one helper does: until how many working days after the dispatch (0: the matter's own date), after whom."""

    organisation_code: str
    days: int = 0
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCard:
    code: str
    name: str
    categories: tuple[str, ...]
    lead_code: str
    parts: tuple[TemplatePart, ...]
    checklist: tuple[str, ...]
    includes: tuple[str, ...]
    ended: bool

    @property
    def helper_codes(self) -> tuple[str, ...]:
        return tuple(part.organisation_code for part in self.parts)


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates, asked once."""

    cards: Mapping[str, TemplateCard]

    def __contains__(self, code: object) -> bool:
        return code in self.cards and not self.cards[str(code)].ended

    @property
    def includes(self) -> Mapping[str, tuple[str, ...]]:
        return {card.code: card.includes for card in self.cards.values()}

    def whole(self, code: str) -> TemplateCard:
        """The template with what it takes in from others, each organisation and check once, the nearer one first."""
        own = self.cards[code]
        parts = {part.organisation_code: part for part in own.parts}
        checks, waiting, seen = dict.fromkeys(own.checklist), list(own.includes), {code}
        while waiting:
            other = self.cards.get(waiting.pop(0))
            if other is None or other.code in seen:
                continue
            seen.add(other.code)
            for part in other.parts:
                parts.setdefault(part.organisation_code, part)
            checks |= dict.fromkeys(other.checklist)
            waiting += other.includes
        parts.pop(own.lead_code, None)
        return TemplateCard(
            code=own.code,
            name=own.name,
            categories=own.categories,
            lead_code=own.lead_code,
            parts=tuple(parts.values()),
            checklist=tuple(checks),
            includes=own.includes,
            ended=own.ended,
        )


def templates() -> Templates:
    """One statement."""
    return Templates({row.code: _template(row) for row in JointTemplate.objects.order_by("code")})


def _template(row: JointTemplate) -> TemplateCard:
    return TemplateCard(
        code=row.code,
        name=row.name,
        categories=tuple(row.categories),
        lead_code=row.lead_code,
        parts=tuple(
            TemplatePart(
                organisation_code=part["organisation"], days=part.get("days", 0), after=tuple(part.get("after", ()))
            )
            for part in row.parts
        ),
        checklist=tuple(row.checklist),
        includes=tuple(row.includes),
        ended=row.ended_at is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCard:
    item_id: uuid.UUID
    words: str
    organisation_code: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """How a matter is handled jointly: its checklist, and whose part comes after whose."""

    checks: tuple[CheckCard, ...] = ()
    waits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def joint_of(case_id: uuid.UUID) -> Joint:
    """Of a matter that the reader may see. Two statements."""
    checks = CheckItem.objects.filter(case_id=case_id).order_by("order", "id")
    waits: dict[str, tuple[str, ...]] = {}
    for row in JointWait.objects.filter(case_id=case_id).order_by("organisation_code", "after_code"):
        waits[row.organisation_code] = (*waits.get(row.organisation_code, ()), row.after_code)
    return Joint(
        checks=tuple(
            CheckCard(item_id=row.id, words=row.words, organisation_code=row.organisation_code, done_at=row.done_at)
            for row in checks
        ),
        waits=waits,
    )


# suggestions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSuggestion:
    """What the rules in force say of one matter."""

    version: int
    rule_code: str
    rule_name: str
    place: int
    """Which rule of the list, from 1."""
    lead_code: str
    helper_codes: tuple[str, ...]
    template_code: str
    template_name: str
    nature: str
    automatic: bool
    words: tuple[str, ...]
    conditions: tuple[str, ...]
    """Names of the conditions that the rule has."""
    allowed: bool
    """Whether the duty list lets the lead have it."""
    listed: bool
    """Whether a duty list names the lead for it: an automatic dispatch needs that."""
    article: str
    passed: tuple[tuple[str, str], ...]
    """Rules before it, each with why it does not apply."""


def matter_of(case: Case, returned_by: Iterable[str] = ()) -> Matter:
    """What rules look at of a case."""
    local = timezone.localtime(case.opened_at)
    return Matter(
        category=case.category,
        place=case.place_code or "",
        cell=case.cell_code,
        channel=case.channel,
        weekday=local.weekday(),
        minute=local.hour * 60 + local.minute,
        text=f"{case.words}\n{case.landmark}",
        returned_by=frozenset(returned_by),
    )


def suggestion_for(case: Case, *, now: datetime) -> RuleSuggestion | None:
    """What the version in force suggests; None where there is none, or no rule fits. At most six statements."""
    version = in_force(timezone.localdate(now))
    return suggested(version, case, templates(), now=now) if version is not None and version.rules else None


def suggested(version: RuleVersion, case: Case, known: Templates, *, now: datetime) -> RuleSuggestion | None:
    """What a version suggests for a case."""
    back = Task.objects.filter(case=case, role="lead", state__in=("returned", "objected"))
    gave_back = back.values_list("organisation_code", flat=True)
    rows = [rule_row(kept) for kept in version.rules]
    leads = {card.code: card.lead_code for card in known.cards.values()}
    decision = dispatch.decide([as_rule(row, leads) for row in rows], matter_of(case, gave_back))
    if decision.rule is None:
        return None
    row, rule = rows[decision.place], decision.rule
    template = known.whole(rule.template) if rule.template in known else None
    helpers = (*rule.helpers, *(template.helper_codes if template else ()))
    giving = _giving(case, rule.lead, now)
    return RuleSuggestion(
        version=version.number,
        rule_code=row.code,
        rule_name=row.name,
        place=decision.place + 1,
        lead_code=rule.lead,
        helper_codes=tuple(dict.fromkeys(code for code in helpers if code != rule.lead)),
        template_code=template.code if template else "",
        template_name=template.name if template else "",
        nature=rule.nature,
        automatic=rule.automatic,
        words=decision.words,
        conditions=tuple(n for n in dispatch.CONDITIONS if getattr(rule, n)),
        allowed=giving.allowed,
        listed=giving.allowed and bool(giving.article or giving.source),
        article=giving.article,
        passed=decision.passed,
    )


def _giving(case: Case, lead_code: str, now: datetime) -> directory.Giving:
    if not case.place_code or not lead_code:
        return directory.Giving(allowed=bool(lead_code))
    return directory.may_be_given(
        category=case.category,
        place_code=case.place_code,
        organisation_code=lead_code,
        on=timezone.localdate(now),
    )


def case_suggestion(actor: Actor, case_id: uuid.UUID, *, now: datetime) -> RuleSuggestion | None:
    """The same for a page. Raises Absent for a matter that the actor does not see, Forbidden for who does not dispatch."""
    case = seen_by(actor).filter(id=case_id).first()
    if case is None:
        raise Absent("case-absent", _("There is no such matter."))
    rules.check_may_triage(actor)
    return suggestion_for(case, now=now)


# figures -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """How one rule did: of `uses` suggestions `followed` were taken, of these so many came back.

    Counted over all versions up to this one that hold the very same rule, whatever it is called: `since` is the first of them.
    """

    version: int
    since: int
    rule_code: str
    uses: int
    followed: int
    automatic: int
    returned: int
    objected: int
    upheld: int

    @property
    def overridden(self) -> int:
        return self.uses - self.followed

    @property
    def back(self) -> int:
        """Returned or objected to."""
        return self.returned + self.objected


def rule_figures(actor: Actor, version: int) -> dict[str, RuleFigures]:
    """The figures of a version's rules, where they were used. Two statements. Raises Forbidden."""
    rules.check_may_see_rules(actor)
    same = _same_rules(version)
    objections = Request.objects.filter(
        kind="objection", case=OuterRef("case"), organisation_code=OuterRef("task__organisation_code")
    ).filter(asked_at__gte=OuterRef("at"))
    taken = Q(followed=True)
    rows = (
        RuleUse.objects.filter(version__in={number for numbers in same.values() for number in numbers})
        .annotate(disputed=Exists(objections), won=Exists(objections.filter(granted=True)))
        .values("version", "rule_code")
        .annotate(
            uses=Count("task"),
            taken=Count("task", filter=taken),
            alone=Count("task", filter=Q(automatic=True)),
            returned=Count("task", filter=taken & Q(task__state="returned")),
            objected=Count("task", filter=taken & Q(disputed=True)),
            upheld=Count("task", filter=taken & Q(won=True)),
        )
        .order_by("rule_code")
    )
    counted: dict[str, Counter[str]] = {}
    for row in rows:
        if row["version"] in same.get(row["rule_code"], ()):
            own = {name: value for name, value in row.items() if isinstance(value, int) and name != "version"}
            counted.setdefault(row["rule_code"], Counter()).update(own)
    return {
        code: RuleFigures(
            version=version,
            since=min(same[code]),
            rule_code=code,
            uses=sums["uses"],
            followed=sums["taken"],
            automatic=sums["alone"],
            returned=sums["returned"],
            objected=sums["objected"],
            upheld=sums["upheld"],
        )
        for code, sums in counted.items()
    }


def _same_rules(version: int) -> dict[str, set[int]]:
    """Code of each rule of a version → the versions up to it that say exactly the same by it. One statement."""
    rows = dict(RuleVersion.objects.filter(number__lte=version).values_list("number", "rules"))
    said = {number: {kept["code"]: _said(kept) for kept in kept_rules} for number, kept_rules in rows.items()}
    own = said.get(version, {})
    return {code: {number for number, others in said.items() if others.get(code) == rule} for code, rule in own.items()}


def _said(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name != "name"}


# trials --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCard:
    """A trial as its post sees it. Lines say for how many matters a department would lead more or fewer."""

    trial_id: uuid.UUID
    version: int
    compared: int | None
    since: date
    until: date
    state: str
    total: int
    done: int
    asked_at: datetime
    ready_at: datetime | None
    departments: tuple["TrialLine", ...] = ()
    rules: tuple["TrialRule", ...] = ()
    """Every rule of the version that was tried, in its order; none where an older trial did not count them."""
    matters: tuple["TrialMatter", ...] = ()
    more: int = 0
    """Differing matters that are not listed."""
    unruled: int = 0
    refused: int = 0
    differs: int = 0
    differs_from_version: int = 0
    out_of_scope: bool = False
    """What the post sees has changed since: nothing is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLine:
    organisation_code: str
    happened: int
    """Led in truth, at the first dispatch."""
    would: int
    """Would lead by the version that is tried."""
    now: int
    """Would lead by the version it is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRule:
    code: str
    name: str
    place: int
    """Which of the list, from 1."""
    matters: int
    """So many it would have decided."""
    elsewhere: int
    """So many of these went to somebody else in truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMatter:
    case_id: uuid.UUID
    code: str
    category: str
    opened_at: datetime
    happened: str
    would: str
    now: str
    rule_code: str
    refused: bool
    """The duty list would not let it be handed there."""

    @property
    def shown_code(self) -> str:
        return checkcode.show(self.code)


def came_in(actor: Actor, since: date, until: date) -> QuerySet[Case]:
    """What the actor sees of the matters that came in on these days, for a trial."""
    zone = timezone.get_default_timezone()
    first = datetime.combine(since, time.min, zone)
    end = datetime.combine(until + timedelta(days=1), time.min, zone)
    return seen_by(actor).filter(opened_at__gte=first, opened_at__lt=end)


def trials_of(actor: Actor) -> tuple[TrialCard, ...]:
    """The latest trials of the actor's post, without their matters. Two statements. Raises Forbidden."""
    rules.check_may_see_rules(actor)
    rows = list(RuleTrial.objects.filter(post_id=actor.acting_post_id or "-").order_by("-asked_at", "-id")[:20])
    runs = RuleTrialRun.objects.in_bulk([row.id for row in rows])
    return tuple(_trial(row, runs.get(row.id)) for row in rows)


def trial_of(actor: Actor, trial_id: uuid.UUID, *, mark: str) -> TrialCard:
    """One with its matters. Three statements. Raises Absent for another post's. `mark`: what the actor sees now."""
    rules.check_may_see_rules(actor)
    row = RuleTrial.objects.filter(post_id=actor.acting_post_id or "-", id=trial_id).first()
    if row is None:
        raise Absent("trial-absent", _("There is no such trial."))
    run = RuleTrialRun.objects.filter(trial_id=trial_id).first()
    if row.state == TRIAL_READY and row.scope_mark != mark:
        return _trial(row, run, out_of_scope=True)
    found = row.outcome.get("matters", ())
    seen = seen_by(actor).filter(id__in=[one[0] for one in found])
    heads = {
        str(id_): (code, category, at)
        for id_, code, category, at in seen.values_list("id", "code", "category", "opened_at")
    }
    return _trial(row, run, heads=heads)


def _trial_rules(row: RuleTrial, told: Mapping[str, Any]) -> tuple[TrialRule, ...]:
    counts = {code: (matters, elsewhere) for code, matters, elsewhere in told["rules"]}
    return tuple(
        TrialRule(
            code=kept["code"],
            name=kept.get("name", ""),
            place=place,
            matters=counts.get(kept["code"], (0, 0))[0],
            elsewhere=counts.get(kept["code"], (0, 0))[1],
        )
        for place, kept in enumerate(row.rules, 1)
    )


def _trial(
    row: RuleTrial,
    run: RuleTrialRun | None,
    *,
    heads: Mapping[str, tuple[str, str, datetime]] | None = None,
    out_of_scope: bool = False,
) -> TrialCard:
    told = {} if out_of_scope else row.outcome
    matters = tuple(
        TrialMatter(
            case_id=uuid.UUID(id_),
            code=heads[id_][0],
            category=heads[id_][1],
            opened_at=heads[id_][2],
            happened=happened,
            would=would,
            now=now,
            rule_code=rule,
            refused=refused,
        )
        for id_, happened, would, now, rule, refused in told.get("matters", ())
        if heads and id_ in heads
    )
    return TrialCard(
        trial_id=row.id,
        version=row.version,
        compared=row.compared,
        since=row.since,
        until=row.until,
        state=row.state,
        total=row.total,
        done=row.total if row.state == TRIAL_READY else run.done if run else 0,
        asked_at=row.asked_at,
        ready_at=row.ready_at,
        departments=tuple(
            TrialLine(organisation_code=code, happened=a, would=b, now=c) for code, a, b, c in told.get("lines", ())
        ),
        rules=_trial_rules(row, told) if "rules" in told else (),
        matters=matters,
        more=max(0, told.get("listed_of", 0) - len(told.get("matters", ()))),
        unruled=told.get("unruled", 0),
        refused=told.get("refused", 0),
        differs=told.get("differs", 0),
        differs_from_version=told.get("differs_now", 0),
        out_of_scope=out_of_scope,
    )


def shortened(text: str, longest: int) -> str:
    """Words of a rule or template as they are kept."""
    return " ".join(kernel.clean(text).split())[:longest]


def ended_in(rows: Sequence[RuleRow]) -> Mapping[str, str]:
    """Codes and names of organisations that these rules name and that have ended: nobody can lead there. One statement."""
    named = {code for row in rows for code in (row.lead, *row.helpers, *row.returned_by) if code}
    cards = directory.organisations(named) if named else {}
    return {code: card.short_name for code, card in cards.items() if card.ended}


def fault_words(fault: Fault, names: Mapping[str, str]) -> str:
    """What is wrong, in a sentence."""
    said = {
        "rule": names.get(fault.code, fault.code),
        "others": " → ".join(names.get(code) or directory.name_of(code) for code in fault.others),
    }
    sentences = {
        "unreachable": _("No matter ever comes to “%(rule)s”: earlier rules take everything (%(others)s)."),
        "contradicts": _(
            "“%(rule)s” has the same conditions as an earlier rule and wants something else (%(others)s)."
        ),
        "empty": _("The conditions of “%(rule)s” exclude each other: its time begins when it ends."),
        "loops": _("“%(rule)s” loops: the matter comes back to who gave it back (%(others)s)."),
        "circle": _("Templates name each other in a circle: %(others)s."),
        "twice": _("“%(rule)s” stands there twice, or names an organisation twice."),
        "nobody": _("“%(rule)s” says neither who leads nor which template."),
        "undecided": _("Whether a matter ever comes to “%(rule)s” would take too long to find out."),
    }
    return sentences[fault.kind] % said
