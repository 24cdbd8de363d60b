"""reorganise: organisations merge or split, and everything that lives in them passes over; nothing is orphaned.

Cases pass over beside this, in the same transaction: casework's own verb, called by composition with `Reorganisation.to_code`.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries, rules
from pianqu.rooms.directory.facts import OrganisationReorganised
from pianqu.rooms.directory.models import Duty, Organisation, Post, Power, SendDown, ServedArea, Succession
from pianqu.rooms.directory.queries.prevailing import within
from pianqu.rooms.directory.services.organising import NewOrganisation, add_organisations
from pianqu.rooms.directory.services.parts import check_no_circle, one_at_a_time
from pianqu.rooms.ledger import services as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What of the old organisations goes to one of the new ones. Areas and categories together mean both."""

    to_code: str
    area_codes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    post_ids: tuple[uuid.UUID, ...] = ()
    organisation_codes: tuple[str, ...] = ()
    """Organisations that report to the old one, or serve it."""

    def takes(self, category: str, area_code: str) -> bool:
        """Whether a power or a case of this category in this place is in the share."""
        if not self.area_codes and not self.categories:
            return False
        there = not self.area_codes or any(within(area_code, area) for area in self.area_codes)
        return there and (not self.categories or category in self.categories)

    def takes_area(self, area_code: str) -> bool:
        return bool(self.area_codes) and not self.categories and self.takes("", area_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorganisation:
    """The plan of a merger (several `of`, one `rest_to`) or a split (one `of`, `shares`). Of `of`, only `rest_to` may go on."""

    of: tuple[str, ...]
    rest_to: str
    """Who gets everything that no share names: a new one, one that stands already, or one of `of` that continues."""
    on: date
    begins: tuple[NewOrganisation, ...] = ()
    shares: tuple[Share, ...] = ()

    @property
    def ends(self) -> tuple[str, ...]:
        return tuple(code for code in self.of if code != self.rest_to)

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self.rest_to, *(share.to_code for share in self.shares)]))

    def to_code(self, category: str, place_code: str) -> str:
        """Who gets a power or a case of this category in this place."""
        return self._of(lambda share: share.takes(category, place_code))

    def post_to(self, post_id: uuid.UUID) -> str:
        return self._of(lambda share: post_id in share.post_ids)

    def line_to(self, code: str) -> str:
        return self._of(lambda share: code in share.organisation_codes)

    def area_to(self, area_code: str) -> str:
        return self._of(lambda share: share.takes_area(area_code))

    def _of(self, takes: Callable[[Share], bool]) -> str:
        return next((share.to_code for share in self.shares if takes(share)), self.rest_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What went from one organisation to another."""

    old_code: str
    new_code: str
    powers: int
    posts: int
    send_downs: int
    duties: int
    areas: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorganisationReport:
    """What became of everything. `codes` names old → new once for each pair."""

    on: date
    codes: tuple[tuple[str, str], ...]
    ended: tuple[str, ...]
    begun: tuple[str, ...]
    passed: tuple[Passed, ...]

    def count(self, what: str) -> int:
        """How many `powers`, `posts`, `send_downs`, `duties`, `areas` or `lines` passed over in all."""
        return sum(int(getattr(one, what)) for one in self.passed)


@dataclass(slots=True)
class _Ids:
    power_ids: list[str] = field(default_factory=list)
    post_ids: list[str] = field(default_factory=list)
    send_down_ids: list[str] = field(default_factory=list)
    duty_ids: list[str] = field(default_factory=list)
    area_codes: list[str] = field(default_factory=list)
    line_codes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Work:
    """The plan with the rows of its organisations, and what has passed so far."""

    plan: Reorganisation
    bodies: dict[str, Organisation]
    now: datetime
    passed: dict[tuple[str, str], _Ids] = field(default_factory=dict)

    @property
    def old(self) -> list[Organisation]:
        return [self.bodies[code] for code in self.plan.of]

    def pair(self, old_code: str, new_code: str) -> _Ids:
        return self.passed.setdefault((old_code, new_code), _Ids())


@verb
def reorganise(*, actor: Actor, plan: Reorganisation, now: datetime) -> ReorganisationReport:
    """Carry out a merger or a split: powers, posts, what is sent down, duties, ground and reporting lines pass over.

    Substitutes follow their posts, which keep their ids. The old lines of the matrix end on `plan.on` and the new ones begin, so
    that "who answered then" stays true. Raises Absent, Invalid, and Refused for a reporting line that would become a circle.
    """
    rules.check_may_change_directory(actor)
    one_at_a_time()
    _check(plan, now)
    begun = tuple(item.code for item in plan.begins)
    add_organisations(actor=actor, items=[_above(item, plan) for item in plan.begins], valid_from=plan.on, now=now)
    work = _Work(plan=plan, bodies=_living({*plan.of, *plan.targets}), now=now)
    for step in (_pass_powers, _pass_posts, _pass_send_downs, _pass_duties, _pass_areas, _pass_lines):
        step(work)
    _end(work)
    facts = [_told(plan, pair, ids) for pair, ids in sorted(work.passed.items())]
    ledger.record(facts, actor=actor, now=now)
    queries.forget_organisations()
    return _report(work, begun)


def _check(plan: Reorganisation, now: datetime) -> None:
    codes = [item.code for item in plan.begins]
    if not plan.of or len(set(plan.of)) < len(plan.of):
        raise Invalid("reorganise-what", _("Please name each organisation that is reorganised once."))
    if set(plan.targets) & set(plan.ends):
        raise Invalid("reorganise-to", _("An organisation that ends cannot take anything over."))
    if plan.targets == plan.of:
        raise Invalid("reorganise-nothing", _("Nothing would change."))
    if taken := sorted(Organisation.objects.filter(code__in=codes).values_list("code", flat=True)):
        sentence = _("The code %(code)s is taken: a code is never used again.")
        raise Invalid("organisation-code-taken", sentence % {"code": taken[0]})
    there = _living({*plan.of, *plan.targets} - set(codes))
    if plan.on > timezone.localdate(now) or any(there[code].valid_from > plan.on for code in plan.of):
        sentence = _("A reorganisation is carried out on its day or after it, and not before its organisations began.")
        raise Invalid("reorganise-day", sentence)


def _living(codes: Iterable[str]) -> dict[str, Organisation]:
    wanted = set(codes)
    rows = Organisation.objects.select_for_update().filter(code__in=wanted, valid_to=None).order_by("code")
    found = {row.code: row for row in rows}
    if missing := sorted(wanted - set(found)):
        raise Absent("organisation-absent", _("There is no organisation %(code)s.") % {"code": missing[0]})
    return found


def _above(item: NewOrganisation, plan: Reorganisation) -> NewOrganisation:
    """A new one that would report to one that ends, or to nobody, reports to where that one did; it serves who takes over."""
    lines = dict(Organisation.objects.filter(code__in=plan.of).values_list("code", "parent_code"))
    parent, seen = item.parent_code or lines.get(plan.of[0], ""), set[str]()
    while parent in plan.ends and parent not in seen:
        seen.add(parent)
        parent = lines[parent]
    return NewOrganisation(
        code=item.code,
        kind=item.kind,
        name=item.name,
        short_name=item.short_name,
        name_en=item.name_en,
        parent_code=parent,
        serves_code=plan.rest_to if item.serves_code in plan.ends else item.serves_code,
    )


def _pass_powers(work: _Work) -> None:
    """Lines in force go on under the new name from the day on; lines still to come change their name."""
    plan = work.plan
    rows = Power.objects.filter(organisation__in=work.old).exclude(valid_to__lte=plan.on).select_related("organisation")
    moved = [(power, plan.to_code(power.category, power.area_code)) for power in rows.order_by("id")]
    moved = [(power, code) for power, code in moved if power.organisation.code != code]
    there = {
        _line(power) for power in Power.objects.filter(organisation__in=_targets(work)).exclude(valid_to__lte=plan.on)
    }
    heirs = [heir for power, code in moved if (heir := _heir(work, power, code, there))]
    Power.objects.bulk_update([power for power, _code in moved], ["organisation", "valid_to"], batch_size=500)
    Power.objects.bulk_create(heirs)


def _heir(work: _Work, power: Power, new_code: str, there: set[tuple[object, ...]]) -> Power | None:
    """The same power of the new organisation, unless it has it already; the old one ends (or, not begun yet, moves)."""
    old_code, target, on = power.organisation.code, work.bodies[new_code], work.plan.on
    if power.valid_from >= on:
        power.organisation = target
        work.pair(old_code, new_code).power_ids.append(str(power.id))
        return None
    heir = Power(
        id=new_id(),
        verb=power.verb,
        category=power.category,
        area_code=power.area_code,
        level=power.level,
        organisation=target,
        list_kind=power.list_kind,
        article=power.article,
        source=power.source,
        valid_from=on,
        valid_to=power.valid_to,
    )
    power.valid_to = on
    ids = work.pair(old_code, new_code)
    if _line(heir) in there:
        return None
    there.add(_line(heir))
    ids.power_ids.append(str(heir.id))
    return heir


def _line(power: Power) -> tuple[object, ...]:
    """What makes two powers one, whenever they began."""
    return (
        power.organisation_id,
        power.verb,
        power.category,
        power.area_code,
        power.level,
        power.list_kind,
        power.article,
        power.source,
        power.valid_to,
    )


def _targets(work: _Work) -> list[Organisation]:
    return [work.bodies[code] for code in work.plan.targets]


def _pass_posts(work: _Work) -> None:
    for post in Post.objects.filter(organisation__in=work.old, valid_to=None).select_related("organisation"):
        old, new = post.organisation.code, work.plan.post_to(post.id)
        if old != new:
            post.organisation = work.bodies[new]
            post.save(update_fields=["organisation"])
            work.pair(old, new).post_ids.append(str(post.id))


def _pass_send_downs(work: _Work) -> None:
    """Both what they lend and what was lent to them. A person's goes with the post, another's with its first category."""
    rows = SendDown.objects.filter(Q(sender__in=work.old) | Q(centre__in=work.old)).exclude(ends__lte=work.plan.on)
    for row in rows.select_related("sender", "centre"):
        sender, centre = row.sender.code, row.centre.code
        for_sender, for_centre = _sender_to(work, row), work.plan.rest_to if centre in work.plan.ends else centre
        for old, new in ((sender, for_sender), (centre, for_centre)):
            if old != new:
                work.pair(old, new).send_down_ids.append(str(row.id))
        if (sender, centre) != (for_sender, for_centre):
            row.sender, row.centre = work.bodies.get(for_sender, row.sender), work.bodies.get(for_centre, row.centre)
            row.save(update_fields=["sender", "centre"])


def _sender_to(work: _Work, row: SendDown) -> str:
    if row.sender.code not in work.plan.of:
        return row.sender.code
    if row.post_id is not None:
        return work.plan.post_to(row.post_id)
    given = [share for share in work.plan.shares if row.may_decide and set(row.may_decide) <= set(share.categories)]
    return given[0].to_code if given else work.plan.rest_to


def _pass_duties(work: _Work) -> None:
    """Duty that is not over goes with the post of who has it."""
    rows = Duty.objects.filter(organisation__in=work.old, ends__gt=work.now).select_related("organisation")
    for duty in rows:
        old, new = duty.organisation.code, work.plan.post_to(duty.post_id)
        if old != new:
            duty.organisation = work.bodies[new]
            duty.save(update_fields=["organisation"])
            work.pair(old, new).duty_ids.append(str(duty.id))


def _pass_areas(work: _Work) -> None:
    """The ground passes over; that of a street or community which ends (its own code) becomes ground of the successor."""
    on = work.plan.on
    served = {(row.organisation_id, row.area_code) for row in ServedArea.objects.filter(valid_to=None)}
    for old, area, row in [*_own_ground(work), *_served(work)]:
        new = work.plan.area_to(area)
        if old == new:
            continue
        if row is not None:
            row.valid_to = max(on, row.valid_from)
            row.save(update_fields=["valid_to"])
        target = work.bodies[new]
        work.pair(old, new).area_codes.append(area)
        if (target.id, area) not in served and area != target.code:
            served.add((target.id, area))
            ServedArea.objects.create(id=new_id(), organisation=target, area_code=area, valid_from=on)


def _own_ground(work: _Work) -> list[tuple[str, str, ServedArea | None]]:
    places = rules.STREETS | rules.COMMUNITIES
    return [(code, code, None) for code in work.plan.ends if work.bodies[code].kind in places]


def _served(work: _Work) -> list[tuple[str, str, ServedArea | None]]:
    rows = ServedArea.objects.filter(organisation__in=work.old, valid_to=None).select_related("organisation")
    return [(row.organisation.code, row.area_code, row) for row in rows.order_by("area_code")]


def _pass_lines(work: _Work) -> None:
    """Who reported to an old one, or served it, does so to the new one. Who takes over its own superior moves one step up."""
    plan = work.plan
    rows = Organisation.objects.filter(Q(parent_code__in=plan.of) | Q(serves_code__in=plan.of), valid_to=None)
    for row in rows.exclude(code__in=plan.ends):
        before = (row.parent_code, row.serves_code)
        new = plan.line_to(row.code)
        if row.parent_code in plan.of and (row.parent_code in plan.ends or new != plan.rest_to):
            row.parent_code = new if new != row.code else _step_up(work, row.parent_code)
        if row.serves_code in plan.of and (row.serves_code in plan.ends or new != plan.rest_to):
            row.serves_code = new
        for old in {old for old, now in zip(before, (row.parent_code, row.serves_code), strict=True) if old != now}:
            work.pair(old, new).line_codes.append(row.code)
        row.save(update_fields=["parent_code", "serves_code"])
    _check_lines(work)


def _step_up(work: _Work, code: str) -> str:
    """The first superior of one that ends which does not end itself; nobody at the top."""
    seen: set[str] = set()
    while code in work.plan.ends and code not in seen:
        seen.add(code)
        code = work.bodies[code].parent_code
    return code if code not in work.plan.ends else ""


def _check_lines(work: _Work) -> None:
    rows = Organisation.objects.filter(valid_to=None).exclude(code__in=work.plan.ends)
    parent_of = dict(rows.values_list("code", "parent_code"))
    check_no_circle(parent_of, parent_of)


def _end(work: _Work) -> None:
    plan = work.plan
    for code in plan.ends:
        body = work.bodies[code]
        body.valid_to = plan.on
        body.save(update_fields=["valid_to"])
        work.pair(code, plan.rest_to)
    pairs = [Succession(id=new_id(), old_code=old, new_code=new, on=plan.on) for old, new in sorted(_pairs(work))]
    Succession.objects.bulk_create(pairs, ignore_conflicts=True)  # a second part may go the same way on the same day


def _pairs(work: _Work) -> set[tuple[str, str]]:
    """Old → new, without what only reports elsewhere."""
    return {(old, new) for old, new in work.passed if old in work.plan.of}


def _told(plan: Reorganisation, pair: tuple[str, str], ids: _Ids) -> OrganisationReorganised:
    old, new = pair
    return OrganisationReorganised(
        subject=f"organisation:{old}",
        organisation_code=old,
        old_code=old,
        new_code=new,
        on=plan.on.isoformat(),
        old_ends=old in plan.ends,
        power_ids=tuple(ids.power_ids),
        post_ids=tuple(ids.post_ids),
        send_down_ids=tuple(ids.send_down_ids),
        duty_ids=tuple(ids.duty_ids),
        area_codes=tuple(ids.area_codes),
        line_codes=tuple(ids.line_codes),
    )


def _report(work: _Work, begun: Sequence[str]) -> ReorganisationReport:
    return ReorganisationReport(
        on=work.plan.on,
        codes=tuple(sorted(_pairs(work))),
        ended=work.plan.ends,
        begun=tuple(begun),
        passed=tuple(
            Passed(
                old_code=old,
                new_code=new,
                powers=len(ids.power_ids),
                posts=len(ids.post_ids),
                send_downs=len(ids.send_down_ids),
                duties=len(ids.duty_ids),
                areas=len(ids.area_codes),
                lines=len(ids.line_codes),
            )
            for (old, new), ids in sorted(work.passed.items())
        ),
    )
