"""The demo's four platforms: who takes part in each street, and one main act of each that can be seen."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from pianqu.composition.demo.people import GRID
from pianqu.composition.demo.year import SAYS_SYNTHETIC
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Refused
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.directory import queries as directory

HERE = GRID.organisation
DEPARTMENTS = {
    "order": ("police", "justice"),
    "market": ("market",),
    "enforcement": ("enforcement",),
    "services": ("civil",),
}
"""Platform → the departments that take part where they have no station of their own."""
MOVED = "店铺在门口摆摊，先由市场监管平台核查证照。"


def make_platforms(*, window: Actor, now: datetime) -> None:
    """Through the verbs; once: a second call finds the members and does nothing."""
    system = Actor(kind="system", organisation_code=installation().district_code)
    streets = directory.all_organisations("street", "town")
    if not streets or casework.live_members("order", streets[0].code):
        return
    stations = directory.all_organisations("station")
    living = {card.code for card in directory.all_organisations("department")}
    for street in streets:
        serving = [card for card in stations if card.serves_code == street.code]
        for platform, slugs in DEPARTMENTS.items():
            codes = [f"{system.organisation_code}-{slug}" for slug in slugs]
            own = [next((card.code for card in serving if card.parent_code == code), code) for code in codes]
            for code in (street.code, *(one for one, above in zip(own, codes, strict=True) if above in living)):
                services.add_platform_member(
                    actor=system, platform=platform, street_code=street.code, organisation_code=code, now=now
                )
    _market(window, now)
    _act(window, now)


MARKET = (
    ("湾头菜场门口的水果摊缺斤少两，称了三斤只有两斤六两。", 170),
    ("便利店卖的面包过期两天还在架上。", 20),
    ("理发店办卡后换了老板，新老板不认原来的卡。", 3),
)
"""What was said, and how many hours ago."""


def _market(window: Actor, now: datetime) -> None:
    """What nobody has yet on the platform that has the least to do; the first waits for longer than it may."""
    for number, (words, hours) in enumerate(MARKET):
        services.open_case(
            actor=window,
            words=words + SAYS_SYNTHETIC,
            category="market",
            place=services.PlaceChoice(community_code=HERE, source="community"),
            channel="phone",
            idempotency_key=f"demo-market-{number}",
            now=now - timedelta(hours=hours),
        )


def _act(window: Actor, now: datetime) -> None:
    """One matter moved, and the main act of each platform on the first matter that allows it."""
    today = timezone.localdate(now)

    def call(case_id: UUID) -> None:
        codes = casework.on_platform(window, casework.case_for(window, case_id)).callable_codes
        words = "请两天内一起到现场，先稳住双方，再商定停车位怎么分。"
        if codes:
            services.call_joint(
                actor=window,
                case_id=case_id,
                helper_codes=codes[:2],
                last_day=today + timedelta(days=2),
                words=words,
                now=now,
            )

    def inspect(case_id: UUID) -> None:
        words = "证照齐全；冷柜温度超标，已当场要求下架并整改。"
        services.record_inspection(actor=window, case_id=case_id, outcome="ordered", words=words, now=now)

    def order(case_id: UUID) -> None:
        words = "请清走堆放的垃圾和杂物，恢复步道通行，不再露天堆放。"
        services.order_rectification(
            actor=window,
            case_id=case_id,
            last_day=today + timedelta(days=3),
            recheck_on=today + timedelta(days=4),
            words=words,
            now=now,
        )

    def guide(case_id: UUID) -> None:
        words = "可在街道便民中心三号窗口办理，带身份证和户口簿即可；行动不便的可以预约上门。"
        services.guide_at_window(actor=window, case_id=case_id, outcome="service", words=words, now=now)

    def move(case_id: UUID) -> None:
        services.move_platform(actor=window, case_id=case_id, platform="market", words=MOVED, now=now)

    _first(window, "enforcement", move, now)
    _first(window, "enforcement", order, now, street_code=casework.street_of(HERE))
    for platform, act in (("order", call), ("market", inspect), ("services", guide)):
        _first(window, platform, act, now)


def _first(window: Actor, platform: str, act: Callable[[UUID], None], now: datetime, *, street_code: str = "") -> None:
    """Do it on the last of the queue that lets it be done: those due first are the ones that people look at."""
    for row in reversed(casework.platform_queue(window, platform, street_code=street_code, now=now).rows):
        if not row.place_code or (platform == "order" and row.state not in ("dispatched", "in_progress")):
            continue
        try:
            act(row.case_id)
        except (Refused, Forbidden):
            continue
        return
