"""import_powers: a published duty list as a whole becomes the matrix; what it no longer holds ends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries, rules
from pianqu.rooms.directory.facts import PowerEnded, PowerGranted, PowersListed
from pianqu.rooms.directory.models import Organisation, Power
from pianqu.rooms.directory.queries import Trouble
from pianqu.rooms.directory.services.parts import one_at_a_time
from pianqu.rooms.ledger import services as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPower:
    """One line of a duty list."""

    verb: str
    category: str
    area_code: str
    level: str
    organisation_code: str
    list_kind: str
    article: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowersReport:
    """What an import did, and what the lists, taken together, leave open or say twice."""

    added: int
    kept: int
    ended: int
    overlaps: tuple[Trouble, ...]
    gaps: tuple[Trouble, ...]


@verb
def import_powers(
    *,
    actor: Actor,
    rows: Sequence[NewPower],
    source: str,
    categories: Collection[str] | None = None,
    now: datetime,
) -> PowersReport:
    """Make the lines of the list `source` what `rows` says: add what is new, keep what stands, end today what is gone.

    Importing the same rows again changes nothing. Lines of other sources stay. Gaps and overlaps are reported for `categories`,
    or for those that any list names. Raises Invalid with the first line that cannot be; the door names all of them before
    (`faults_of`).
    """
    rules.check_may_change_directory(actor)
    one_at_a_time()
    bodies = {row.code: row for row in Organisation.objects.all()}
    for number, fault in _faults(rows, bodies):
        sentence = _("Line %(number)d of the list: %(fault)s Nothing was imported.")
        raise Invalid("power-row", sentence % {"number": number + 1, "fault": fault})
    today = timezone.localdate(now)
    wanted = {_key(row): row for row in rows}
    standing = _standing(source, wanted, today)
    fresh = [row for key, row in wanted.items() if key not in standing]
    gone = [power for key, power in standing.items() if key not in wanted]
    turned = [(power, wanted[key].valid_to) for key, power in standing.items() if key in wanted]
    turned = [(power, valid_to) for power, valid_to in turned if power.valid_to != valid_to]
    _store(actor, source, [_row(row, bodies, source) for row in fresh], gone, turned, today, now)
    if fresh or gone or turned:
        told = PowersListed(
            subject=f"list:{source}",
            organisation_code=actor.organisation_code,
            source=source,
            added=len(fresh),
            kept=len(wanted) - len(fresh),
            ended=len(gone),
        )
        ledger.record([told], actor=actor, now=now)
    found = queries.troubles(on=today, categories=categories)
    return PowersReport(
        added=len(fresh),
        kept=len(wanted) - len(fresh),
        ended=len(gone),
        overlaps=tuple(trouble for trouble in found if trouble.kind == "overlap"),
        gaps=tuple(trouble for trouble in found if trouble.kind == "gap"),
    )


def faults_of(rows: Sequence[NewPower]) -> tuple[tuple[int, str], ...]:
    """Every line (counted from 0) that cannot be taken, with the reason in the reader's language. Changes nothing."""
    return tuple(_faults(rows, {row.code: row for row in Organisation.objects.all()}))


_Key = tuple[str, str, str, str, str, str, str, date]


def _key(row: NewPower) -> _Key:
    return (
        row.verb,
        row.category,
        row.area_code,
        row.level,
        row.organisation_code,
        row.list_kind,
        row.article,
        row.valid_from,
    )


def _standing(source: str, wanted: Mapping[_Key, NewPower], today: date) -> dict[_Key, Power]:
    """The list's lines that are in force or to come, and ended ones of which the list says the same end."""
    found: dict[_Key, Power] = {}
    for row in Power.objects.filter(source=source).select_related("organisation").order_by("id"):
        key = (
            row.verb,
            row.category,
            row.area_code,
            row.level,
            row.organisation.code,
            row.list_kind,
            row.article,
            row.valid_from,
        )
        over = row.valid_to is not None and row.valid_to <= today
        if not over or (key in wanted and wanted[key].valid_to == row.valid_to):
            found[key] = row
    return found


def _faults(rows: Sequence[NewPower], bodies: dict[str, Organisation]) -> list[tuple[int, str]]:
    out: list[tuple[int, str]] = []
    first: dict[_Key, int] = {}
    for number, row in enumerate(rows):
        before = first.setdefault(_key(row), number)
        if before != number:
            fault = _("It says the same as line %(number)d.") % {"number": before + 1}
        else:
            fault = _words_fault(row) or _body_fault(row, bodies)
        if fault:
            out.append((number, fault))
    return out


def _words_fault(row: NewPower) -> str:
    for value, known in ((row.verb, rules.POWER_VERBS), (row.level, rules.LEVELS), (row.list_kind, rules.LIST_KINDS)):
        if value not in known:
            return _("“%(value)s” is none of: %(known)s.") % {"value": value[:40], "known": ", ".join(known)}
    if not row.category or len(row.category) > 40:
        return _("It names no category.")
    if not row.article or len(row.article) > 120:
        return _("It cites no article, or one longer than 120 characters.")
    if row.valid_to is not None and row.valid_to <= row.valid_from:
        return _("It ends before it begins.")
    return ""


def _body_fault(row: NewPower, bodies: dict[str, Organisation]) -> str:
    body = bodies.get(row.organisation_code)
    if body is None or body.valid_to is not None:
        return _gone(row.organisation_code)
    if not _is_area(row.area_code, bodies):
        return _("%(code)s is no place of this district.") % {"code": row.area_code[:40]}
    if row.list_kind == rules.TAKEN_BACK and row.verb != rules.ASSIST and body.kind not in {"department", "district"}:
        return _("What was taken back is answered by a department, not by %(name)s.") % {"name": body.short_name}
    on_the_ground = body.kind not in {"department", "district", "station"}
    if row.list_kind == rules.ASSISTING and row.verb == rules.HANDLE and on_the_ground:
        return _("By a list of assistance %(name)s helps (assist); it does not lead (handle).") % {
            "name": body.short_name
        }
    return ""


def _gone(code: str) -> str:
    """Why there is no living organisation of this code; one that ended names who took over."""
    after = queries.successors(code)
    if after:
        sentence = _("%(code)s has ended; its successors are %(after)s.")
        return sentence % {"code": code[:40], "after": ", ".join(after)}
    return _("There is no organisation %(code)s.") % {"code": code[:40]}


def _is_area(code: str, bodies: dict[str, Organisation]) -> bool:
    """A street that merged lives on in the codes of its communities, so its own stays the name of its ground."""
    body = bodies.get(code.removesuffix("000000") if len(code) == 12 and code.endswith("000000") else code)
    return body is not None and body.kind in {"district"} | rules.STREETS | rules.COMMUNITIES


def _row(row: NewPower, bodies: dict[str, Organisation], source: str) -> Power:
    return Power(
        id=new_id(),
        verb=row.verb,
        category=row.category,
        area_code=row.area_code,
        level=row.level,
        organisation=bodies[row.organisation_code],
        list_kind=row.list_kind,
        article=row.article,
        source=source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _store(
    actor: Actor,
    source: str,
    fresh: list[Power],
    gone: list[Power],
    turned: list[tuple[Power, date | None]],
    today: date,
    now: datetime,
) -> None:
    for power in gone:
        power.valid_to = max(today, power.valid_from)
    for power, valid_to in turned:
        power.valid_to = valid_to
    changed = gone + [power for power, _valid_to in turned]
    Power.objects.bulk_create(fresh)
    Power.objects.bulk_update(changed, ["valid_to"], batch_size=500)
    told = [_granted(power) for power in fresh]
    ledger.record([*told, *(_ended(power) for power in changed)], actor=actor, now=now)


def _granted(power: Power) -> PowerGranted:
    return PowerGranted(
        subject=f"power:{power.id}",
        organisation_code=power.organisation.code,
        power_id=str(power.id),
        verb=power.verb,
        category=power.category,
        area_code=power.area_code,
        level=power.level,
        list_kind=power.list_kind,
        article=power.article,
        valid_from=power.valid_from.isoformat(),
        valid_to=power.valid_to.isoformat() if power.valid_to else "",
    )


def _ended(power: Power) -> PowerEnded:
    return PowerEnded(
        subject=f"power:{power.id}",
        organisation_code=power.organisation.code,
        power_id=str(power.id),
        valid_to=power.valid_to.isoformat() if power.valid_to else "",
    )
