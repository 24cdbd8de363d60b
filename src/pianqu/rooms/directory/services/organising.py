"""Organisations: entering them, their reporting line, the ground they work on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries, rules
from pianqu.rooms.directory.facts import AreasServed, OrganisationAdded, SuperiorChanged
from pianqu.rooms.directory.models import Organisation, ServedArea
from pianqu.rooms.directory.services.parts import check_no_circle, living, one_at_a_time
from pianqu.rooms.ledger import services as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganisation:
    """What has to be said of an organisation."""

    code: str
    kind: str
    name: str
    short_name: str
    name_en: str = ""
    parent_code: str = ""
    serves_code: str = ""
    """Only for a station: the street, town or centre that it serves."""


@verb
def add_organisations(*, actor: Actor, items: Sequence[NewOrganisation], valid_from: date, now: datetime) -> int:
    """Add those that are not there yet; answers how many.

    Raises Invalid for an unknown kind, superior or served one, Refused for a reporting line that goes round in a circle.
    """
    rules.check_may_change_directory(actor)
    known = {code: (parent, kind) for code, parent, kind in _all()}
    fresh = [item for item in items if item.code not in known]
    known |= {item.code: (item.parent_code, item.kind) for item in fresh}
    for item in fresh:
        _check(item, known)
    check_no_circle((item.code for item in fresh), {code: parent for code, (parent, _kind) in known.items()})
    Organisation.objects.bulk_create(_row(item, valid_from) for item in fresh)
    ledger.record([_told(item, valid_from) for item in fresh], actor=actor, now=now)
    queries.forget_organisations()
    return len(fresh)


def _all() -> list[tuple[str, str, str]]:
    return list(Organisation.objects.values_list("code", "parent_code", "kind"))


def _check(item: NewOrganisation, known: Mapping[str, tuple[str, str]]) -> None:
    if item.kind not in rules.ORGANISATION_KINDS:
        raise Invalid("organisation-kind", _("%(kind)s is no kind of organisation.") % {"kind": item.kind})
    if item.parent_code and item.parent_code not in known:
        raise Invalid("organisation-orphan", _("%(code)s has an unknown parent.") % {"code": item.code})
    if item.kind == "station":
        _check_station(item, known)
    elif item.serves_code:
        raise Invalid("organisation-serves", _("%(code)s serves another one, but is no station.") % {"code": item.code})


def _check_station(item: NewOrganisation, known: Mapping[str, tuple[str, str]]) -> None:
    above, served = known.get(item.parent_code, ("", ""))[1], known.get(item.serves_code, ("", ""))[1]
    if above != "department" or served not in rules.STREETS | {"centre"}:
        sentence = _("%(code)s is a station: it needs its department, and the street, town or centre that it serves.")
        raise Invalid("organisation-serves", sentence % {"code": item.code})


def _row(item: NewOrganisation, valid_from: date) -> Organisation:
    return Organisation(
        id=new_id(),
        code=item.code,
        kind=item.kind,
        name=item.name,
        short_name=item.short_name,
        name_en=item.name_en,
        parent_code=item.parent_code,
        serves_code=item.serves_code,
        valid_from=valid_from,
    )


def _told(item: NewOrganisation, valid_from: date) -> OrganisationAdded:
    return OrganisationAdded(
        subject=f"organisation:{item.code}",
        organisation_code=item.code,
        code=item.code,
        organisation_kind=item.kind,
        parent_code=item.parent_code,
        serves_code=item.serves_code,
        valid_from=valid_from.isoformat(),
    )


@verb
def set_superior(*, actor: Actor, code: str, parent_code: str, was: str | None = None, now: datetime) -> None:
    """Let an organisation report to another one. `was` is the superior that the asker saw.

    Raises Absent, and Refused for a line that would go round in a circle, or where somebody changed it meanwhile.
    """
    rules.check_may_change_directory(actor)
    one_at_a_time()
    below, above = living(code), living(parent_code)
    if was is not None and was != below.parent_code:
        sentence = _("Somebody changed this reporting line meanwhile. Please look at it again. Nothing was changed.")
        raise Refused("superior-stale", sentence)
    lines = dict(Organisation.objects.values_list("code", "parent_code"))
    check_no_circle([code], {**lines, code: above.code})
    told = SuperiorChanged(
        subject=f"organisation:{code}",
        organisation_code=code,
        code=code,
        old_parent_code=below.parent_code,
        new_parent_code=parent_code,
    )
    below.parent_code = parent_code
    below.save(update_fields=["parent_code"])
    ledger.record([told], actor=actor, now=now)
    queries.forget_organisations()


@verb
def serve_areas(
    *, actor: Actor, organisation_code: str, area_codes: Collection[str], valid_from: date, now: datetime
) -> int:
    """Say on which streets or communities an organisation works from a day on, and on no others; answers how many changed.

    For cluster centres (their communities), stations, and bodies of society. Raises Absent, Invalid for an unknown place.
    """
    rules.check_may_change_directory(actor)
    organisation = living(organisation_code)
    _check_areas(area_codes)
    rows = {row.area_code: row for row in ServedArea.objects.filter(organisation=organisation, valid_to=None)}
    begun, ended = sorted(set(area_codes) - set(rows)), sorted(set(rows) - set(area_codes))
    if not begun and not ended:
        return 0
    ServedArea.objects.filter(id__in=[rows[code].id for code in ended]).update(valid_to=valid_from)
    ServedArea.objects.bulk_create(
        ServedArea(id=new_id(), organisation=organisation, area_code=code, valid_from=valid_from) for code in begun
    )
    told = AreasServed(
        subject=f"organisation:{organisation_code}",
        organisation_code=organisation_code,
        code=organisation_code,
        begun=tuple(begun),
        ended=tuple(ended),
        valid_from=valid_from.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
    queries.forget_organisations()
    return len(begun) + len(ended)


def _check_areas(area_codes: Collection[str]) -> None:
    places = Organisation.objects.filter(code__in=set(area_codes), kind__in=rules.STREETS | rules.COMMUNITIES)
    unknown = sorted(set(area_codes) - set(places.values_list("code", flat=True)))
    if unknown:
        sentence = _("%(code)s is no street, town, community or village of this district.")
        raise Invalid("area-unknown", sentence % {"code": unknown[0]})
