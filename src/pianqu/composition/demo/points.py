"""The demo's service points: a centre in each cluster, a window in each street, rooms, and who has them these days.

Names, addresses and numbers are synthetic; positions are the communities' middles.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.kernels.opening import read
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewPoint

OFFICE = (read("08:30-12:00, 14:00-17:30"),) * 5 + (read("09:00-12:00"), ())
LATE = (read("08:30-20:30"),) * 7
AROUND = (read("00:00-24:00"),) * 7
DAYS = 5
SLOTS = ((9, 11, "meeting"), (14, 16, "mediation"), (15, 17, "training"))


def make_points(bookers: Sequence[Actor], *, now: datetime) -> None:
    """Through the verbs; once: a second call finds the points and does nothing."""
    if territory.point_codes():
        return
    system = Actor(kind="system", organisation_code=installation().district_code)
    today = timezone.localdate(now)
    points = [*_centres(), *_windows()]
    services.open_points(actor=system, items=points, valid_from=today - timedelta(days=370), now=now)
    for point in points:
        if point.kind == "centre":
            _rooms(system, point.code, bookers, now)
    holiday = today + timedelta(days=6)
    hours = territory.hours_of([points[0].code])[points[0].code]
    services.set_hours(actor=system, code=points[0].code, weekly=hours.weekly, days={holiday: ()}, now=now)


def _centres() -> list[NewPoint]:
    """At the first community of each cluster's ground, open until the evening; the first one around the clock."""
    found = []
    for number, cluster in enumerate(territory.clusters(on=timezone.localdate())):
        place = territory.place(cluster.community_codes[0])
        found.append(
            NewPoint(
                code=f"C{number + 1:02}",
                name=f"{cluster.name.removesuffix('片区')}片区党群服务中心（演示）",
                name_en=f"Centre of cluster {number + 1} (demonstration)",
                kind="centre",
                place_code=place.code,
                organisation_code=cluster.centre_code or installation().district_code,
                address=f"{place.short_name}（合成地址）",
                lon=place.lon,
                lat=place.lat,
                phone=f"0574-0000-00{number + 1:02}",
                accessible=True,
                weekly=AROUND if number == 0 else LATE,
            )
        )
    return found


def _windows() -> list[NewPoint]:
    known: Mapping[str, object] = directory.organisations(
        [choice.street.code for choice in territory.community_choices()]
    )
    found = []
    for number, choice in enumerate(territory.community_choices()):
        place = choice.communities[len(choice.communities) // 2]
        if choice.street.code in known:
            found.append(
                NewPoint(
                    code=f"W{number + 1:02}",
                    name=f"{choice.street.short_name}便民服务中心（演示）",
                    name_en=f"{choice.street.name_en} service window (demonstration)" if choice.street.name_en else "",
                    kind="window",
                    place_code=choice.street.code,
                    organisation_code=choice.street.code,
                    address=f"{place.short_name}（合成地址）",
                    lon=place.lon,
                    lat=place.lat,
                    accessible=number % 3 != 2,
                    weekly=OFFICE,
                )
            )
    return found


def _rooms(system: Actor, code: str, bookers: Sequence[Actor], now: datetime) -> None:
    hall = services.add_room(actor=system, code=code, name="议事厅", seats=40, equipment="投影、话筒", now=now)
    quiet = services.add_room(actor=system, code=code, name="调解室", seats=8, equipment="录音录像", now=now)
    services.add_room(actor=system, code=code, name="值班室", seats=4, booked_by="own", now=now)
    here, today = timezone.get_default_timezone(), timezone.localdate(now)
    for number, booker in enumerate(bookers):
        begin, end, purpose = SLOTS[number % len(SLOTS)]
        for day in range(1 + number, DAYS, 2):
            on = today + timedelta(days=day)
            services.book_room(
                actor=booker,
                room_id=quiet if purpose == "mediation" else hall,
                starts=datetime.combine(on, time(begin), here),
                ends=datetime.combine(on, time(end), here),
                purpose=purpose,
                now=now,
            )
