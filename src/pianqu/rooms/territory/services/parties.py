"""Estates of the district: which company and which committee look after them, and in which cells they lie."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import canonical
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import EstateEnded, EstateSet
from pianqu.rooms.territory.models import Estate

LONGEST_PHONE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEstate:
    """An estate as it is to stand. It lies in `cell_codes`, or where its buildings stand; telephones are those of offices."""

    code: str
    name: str
    community_code: str
    property_code: str = ""
    owners_code: str = ""
    property_phone: str = ""
    owners_phone: str = ""
    committee_phone: str = ""
    cell_codes: Sequence[str] = ()
    building_codes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _World:
    """What estates are checked against."""

    communities: frozenset[str]
    bodies: Mapping[str, directory.OrganisationCard]
    cells: Mapping[str, str]
    """Cell → its community."""
    buildings: Mapping[str, str]


@verb
def set_estates(*, actor: Actor, items: Sequence[NewEstate], valid_from: date, now: datetime) -> int:
    """Make these estates stand so from a day on; answers how many changed. What stands already is left alone.

    An estate of the same code ends on that day, and its days before keep their parties; whoever takes one to another community
    has to arrange both. Raises Forbidden, and Invalid with the first fault.
    """
    rows = Estate.objects.select_for_update().filter(valid_to=None, code__in=[item.code for item in items])
    standing = {row.code: row for row in rows}
    concerned = {item.community_code for item in items} | {row.community_code for row in standing.values()}
    for code in sorted(concerned):
        rules.check_may_set_estate(actor, queries.leaders_of(code, on=valid_from))
    for code, reason in estate_faults(items, on=valid_from):
        raise Invalid("estate-wrong", f"{code}: {reason} {_('Nothing was changed.')}")
    stands = queries.cells_by_building({code for item in items for code in item.building_codes}, on=valid_from)
    fresh = [_row(item, stands, valid_from) for item in items]
    changed = [row for row in fresh if row.code not in standing or _told(row) != _told(standing[row.code])]
    for row in changed:
        _end_before(standing.get(row.code), valid_from)
    Estate.objects.bulk_create(changed, batch_size=500)
    if changed:
        ledger.record([_fact(actor, row) for row in changed], actor=actor, now=now)
    return len(changed)


def _end_before(row: Estate | None, day: date) -> None:
    """The former row keeps the days before; one that began on this very day never held."""
    if row is None:
        return
    if row.valid_from > day:
        sentence = _("%(code)s was set from a later day on already. Please choose that day or a later one.")
        raise Invalid("estate-day", sentence % {"code": row.code})
    row.valid_to = day
    row.save(update_fields=["valid_to"])


def _row(item: NewEstate, stands: Mapping[str, str], valid_from: date) -> Estate:
    buildings = tuple(dict.fromkeys(item.building_codes))
    return Estate(
        id=new_id(),
        code=item.code,
        name=item.name.strip()[:60],
        community_code=item.community_code,
        property_code=item.property_code,
        owners_code=item.owners_code,
        property_phone=item.property_phone.strip(),
        owners_phone=item.owners_phone.strip(),
        committee_phone=item.committee_phone.strip(),
        cell_codes=sorted(set(item.cell_codes)) or list(queries.lie_in(buildings, stands)),
        building_codes=list(buildings),
        valid_from=valid_from,
    )


def _told(row: Estate) -> dict[str, object]:
    """What an estate says of itself, without its days."""
    names = ("name", "community_code", "property_code", "owners_code", "property_phone", "owners_phone")
    return {name: getattr(row, name) for name in (*names, "committee_phone", "cell_codes", "building_codes")}


def _fact(actor: Actor, row: Estate) -> EstateSet:
    return EstateSet(
        subject=f"estate:{row.code}",
        organisation_code=actor.organisation_code,
        estate_code=row.code,
        community_code=row.community_code,
        property_code=row.property_code,
        owners_code=row.owners_code,
        cell_codes=tuple(row.cell_codes),
        buildings=len(row.building_codes),
        valid_from=row.valid_from.isoformat(),
        digest=sha256(canonical.encode({"code": row.code, **_told(row)})).hexdigest(),
    )


@verb
def end_estate(*, actor: Actor, code: str, on: date, now: datetime) -> None:
    """There is no such estate from this day on. Raises Absent, Forbidden, Invalid for a day before it began."""
    row = Estate.objects.select_for_update().filter(code=code, valid_to=None).first()
    if row is None:
        raise Absent("estate-absent", _("There is no such estate."))
    rules.check_may_set_estate(actor, queries.leaders_of(row.community_code, on=on))
    if on <= row.valid_from:
        raise Invalid("estate-day", _("An estate ends after the day on which it began. Nothing was changed."))
    row.valid_to = on
    row.save(update_fields=["valid_to"])
    told = EstateEnded(
        subject=f"estate:{code}",
        organisation_code=actor.organisation_code,
        estate_code=code,
        community_code=row.community_code,
        valid_to=on.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)


# what is wrong -------------------------------------------------------------------------------------------------------


def estate_faults(items: Sequence[NewEstate], *, on: date) -> Iterator[tuple[str, str]]:
    """Every estate that would be refused: its code and why. Few statements, however many there are."""
    world = _world(items, on)
    seen: set[str] = set()
    for item in items:
        fault = _("The estate is there twice.") if item.code in seen else _fault(item, world)
        seen.add(item.code)
        if fault:
            yield item.code, fault


def _world(items: Sequence[NewEstate], on: date) -> _World:
    codes = {code for item in items for code in (item.property_code, item.owners_code)} - {""}
    return _World(
        communities=frozenset(code for code, card in queries.places().items() if card.level == "community"),
        bodies=directory.organisations(codes),
        cells={card.code: card.community_code for card in queries.cells(on=on)},
        buildings={card.code: card.community_code for card in queries.buildings()}
        if any(item.building_codes for item in items)
        else {},
    )


def _fault(item: NewEstate, world: _World) -> str:
    if not item.code.strip() or len(item.code) > 32 or not item.name.strip():
        return _("An estate needs a code of at most 32 characters and a name.")
    if item.community_code not in world.communities:
        return _("The community %(code)s is not known.") % {"code": item.community_code[:40]}
    return _body_fault(item, world) or _ground_fault(item, world) or _phone_fault(item)


def _body_fault(item: NewEstate, world: _World) -> str:
    wanted = (
        (item.property_code, "property", _("%(code)s is no property company of the directory.")),
        (item.owners_code, "owners_committee", _("%(code)s is no owners' committee of the directory.")),
    )
    for code, kind, sentence in wanted:
        body = world.bodies.get(code)
        if code and (body is None or body.ended or body.kind != kind):
            return sentence % {"code": code[:40]}
    return ""


def _ground_fault(item: NewEstate, world: _World) -> str:
    if not item.cell_codes and not item.building_codes:
        return _("An estate needs the cells in which it lies, or its buildings.")
    for code in item.cell_codes:
        if world.cells.get(code) != item.community_code:
            return _("%(code)s is no cell of its community.") % {"code": code[:40]}
    for code in item.building_codes:
        if world.buildings.get(code) != item.community_code:
            return _("%(code)s is no building of its community.") % {"code": code[:40]}
    return ""


def _phone_fault(item: NewEstate) -> str:
    for phone in (item.property_phone, item.owners_phone, item.committee_phone):
        if len(phone.strip()) > LONGEST_PHONE or set(phone.strip()) - set("0123456789+-() "):
            return _("“%(text)s” is no telephone of an office: digits, spaces, + and - alone.") % {"text": phone[:40]}
    return ""
