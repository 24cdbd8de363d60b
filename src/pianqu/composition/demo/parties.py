"""The demo's four parties: estates from its buildings, companies and committees, a list of what they answer for, joint rounds.

Everything is synthetic and says so. One estate has the company and the committee that sign in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from pianqu.composition.demo.people import GRID
from pianqu.composition.demo.year import SAYS_SYNTHETIC
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.directory import queries as roll
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, NewPower
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.queries import COMMITTEE, COMPANY, OWNERS, BuildingCard, Neighbourhood
from pianqu.rooms.territory.queries import GRID as WORKERS
from pianqu.rooms.territory.services import NewEstate, NewPerson, NewPromise

SOURCE = "小区物业服务事项清单（演示）"
HOME = GRID.organisation
HOME_ESTATE = "湾头家园"
SIGNS = "property-wantou", "owners-wantou"
"""The company and the committee of the estate in which somebody signs in."""
WITH_COMMITTEE = 3
"""Every so many estates of the cluster centres' first communities have an owners' committee."""
PHONE = "0574-0000-{:04}"


def make_parties(*, company: Actor, community: Actor, cluster: Actor, now: datetime) -> None:
    """Once: where an estate stands already, nothing is done."""
    today = timezone.localdate(now)
    if territory.estates(on=today):
        return
    system = Actor(kind="system", organisation_code=installation().district_code)
    groups = _groups()
    bodies = [*_companies(), *_committees(groups)]
    directory.add_organisations(actor=system, items=bodies, valid_from=today - timedelta(days=370), now=now)
    items = list(_estates(groups, {body.code for body in bodies}))
    services.set_estates(actor=system, items=items, valid_from=today - timedelta(days=365), now=now)
    directory.import_powers(actor=system, rows=_powers(today), source=SOURCE, now=now)
    _rounds(system, company, community, cluster, now)


def _groups() -> dict[tuple[str, str], list[BuildingCard]]:
    """Houses by community and estate: the first word of their names."""
    found: dict[tuple[str, str], list[BuildingCard]] = {}
    for card in territory.buildings():
        found.setdefault((card.community_code, card.name.split(" ")[0]), []).append(card)
    return found


def _companies() -> Iterator[NewOrganisation]:
    """One a street."""
    for choice in territory.community_choices():
        street = choice.street
        yield NewOrganisation(
            code=_company(street.code),
            kind="property",
            name=f"{street.short_name}和美物业服务有限公司（演示）",
            short_name=f"{street.short_name}和美物业",
            name_en=f"Hemei Property of {street.name_en}" if street.name_en else "",
            parent_code=street.code,
        )


def _company(place_code: str) -> str:
    return f"{installation().district_code}-hemei-{place_code[6:9]}"


def _committee(estate: tuple[str, str]) -> str:
    return f"{installation().district_code}-owners-{estate[0][6:]}"


def _committees(groups: Mapping[tuple[str, str], Sequence[BuildingCard]]) -> Iterator[NewOrganisation]:
    """For the first estate of each cluster's first communities."""
    first = {code for cluster in territory.clusters(on=timezone.localdate()) for code in cluster.community_codes[:2]}
    seen: set[str] = set()
    for estate in groups:
        code, name = estate
        if code in first and code != HOME and code not in seen:
            seen.add(code)
            yield NewOrganisation(
                code=_committee(estate),
                kind="owners_committee",
                name=f"{name}业主委员会（演示）",
                short_name=f"{name}业委会",
                parent_code=code,
            )


def _estates(groups: Mapping[tuple[str, str], Sequence[BuildingCard]], known: set[str]) -> Iterator[NewEstate]:
    numbers: dict[str, int] = {}
    for estate, houses in groups.items():
        code, name = estate
        number = numbers[code] = numbers.get(code, 0) + 1
        is_home = code == HOME and number == 1
        owners = _signs()[1] if is_home else _committee(estate) if number == 1 and _committee(estate) in known else ""
        yield NewEstate(
            code=f"{code}-E{number:02}",
            name=HOME_ESTATE if is_home else name,
            community_code=code,
            property_code=_signs()[0] if is_home else "" if "村" in name else _company(code),
            owners_code=owners,
            property_phone="" if "村" in name else PHONE.format(1000 + int(code[6:9])),
            owners_phone=PHONE.format(2000 + number) if owners else "",
            committee_phone=PHONE.format(3000 + int(code[9:])),
            building_codes=[house.code for house in houses],
        )


def _signs() -> tuple[str, str]:
    return f"{installation().district_code}-{SIGNS[0]}", f"{installation().district_code}-{SIGNS[1]}"


def _powers(today: date) -> list[NewPower]:
    """What one company and one committee answer for in their community; elsewhere the lists stand as they did."""
    company, owners = _signs()
    lines = (
        ("handle", "property", company, "第 1 项 共用部位和设施设备的维修养护"),
        ("assist", "environment", company, "第 2 项 小区公共区域保洁"),
        ("assist", "property", owners, "第 3 项 维修资金使用与物业合同履行的监督"),
        ("assist", "property", HOME, "第 4 项 物业纠纷的调解"),
    )
    known = roll.organisations([company, owners, HOME])
    return [
        NewPower(
            verb=verb,
            category=category,
            area_code=HOME,
            level="community",
            organisation_code=code,
            list_kind="basic",
            article=article,
            valid_from=today,
        )
        for verb, category, code, article in lines
        if code in known
    ]


# rounds --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A promise, in how many days after the round it is due, and what became of it so many days after that."""

    role: str
    words: str
    days: int
    verdict: str = ""
    late: int = 0
    told: str = ""


LAST_MONTH = (
    _Line(COMPANY, "修复 6 幢电梯门机，张贴维保记录", 12, "kept", -2),
    _Line(COMMITTEE, "召集物业和业主代表商定停车划线方案", 20, "kept", 6),
    _Line(COMPANY, "清理地下车库积水，疏通排水沟", 15, "broken", 4, "只疏通了一半，已约第二次"),
)
LATELY = (
    _Line(OWNERS, "公示上半年维修资金收支", 9),
    _Line(COMPANY, "补种北门绿化带，更换 3 盏路灯", 24),
    _Line(WORKERS, "逐楼检查消防通道，清走堆放的杂物", 18),
)
OF_ALL = (_Line(COMMITTEE, "列出老旧小区加装电梯意向清单", 30),)


def _rounds(system: Actor, company: Actor, community: Actor, cluster: Actor, now: datetime) -> None:
    today = timezone.localdate(now)
    home = next((card for card in territory.estates(on=today) if card.name == HOME_ESTATE), None)
    if home is None or not home.cell_codes:
        return
    code = home.cell_codes[0]
    if not territory.people_of(code, on=today) and community.post_id:
        leader = NewPerson(role="leader", post_id=UUID(community.post_id))
        services.staff_cell(actor=system, cell_code=code, people=[leader], valid_from=today, now=now)
    where = territory.neighbourhood("cell", code, on=today)
    _hold(company, where, today - timedelta(days=41), LAST_MONTH, now)
    _tell(community, where, now)
    _hold(community, where, today - timedelta(days=13), LATELY, now)
    if where.cluster_code:
        whole = territory.neighbourhood("cluster", where.cluster_code, on=today)
        _hold(cluster, whole, today - timedelta(days=4), OF_ALL, now)


def _hold(actor: Actor, where: Neighbourhood, day: date, lines: Sequence[_Line], now: datetime) -> None:
    """A round with one of each party of the place."""
    told = sorted(
        territory.parties_of(where, on=timezone.localdate(now)), key=lambda card: card.organisation_code in _signs()
    )
    first = {card.role: card.organisation_code for card in told}
    items = [
        NewPromise(
            role=line.role,
            organisation_code=first[line.role],
            words=line.words + SAYS_SYNTHETIC,
            due_on=day + timedelta(days=line.days),
        )
        for line in lines
        if line.role in first
    ]
    parties = list(first.items())
    services.hold_round(
        actor=actor, kind=where.kind, code=where.code, day=day, parties=parties, promises=items, now=now
    )


def _tell(actor: Actor, where: Neighbourhood, now: datetime) -> None:
    """What became of last month's promises."""
    lines = {line.words + SAYS_SYNTHETIC: line for line in LAST_MONTH}
    for promise in territory.promises_of(where):
        line = lines[promise.words]
        services.tell_promise(
            actor=actor,
            promise_id=promise.promise_id,
            verdict=line.verdict,
            on=promise.due_on + timedelta(days=line.late),
            words=line.told,
            now=now,
        )
