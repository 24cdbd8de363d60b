"""The demo's presence: what departments sent down to the cluster centres, and a week of duty round the clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from pianqu.composition.demo.people import NO_PASSWORD
from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries
from pianqu.rooms.directory import services as directory

DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """One line of 四个下沉."""

    what: str
    title: str
    sender: str
    centre: str
    presence: str
    weekdays: tuple[int, ...] = ()
    may_decide: tuple[str, ...] = ()


LENT = (
    Lent(
        what="person",
        title="交警驻点，停车纠纷当场定",
        sender="police",
        centre="beijiao",
        presence="resident",
        may_decide=("traffic",),
    ),
    Lent(
        what="service",
        title="救助和养老事项窗口",
        sender="civil",
        centre="beijiao",
        presence="rotating",
        weekdays=(1, 2, 3, 4, 5),
        may_decide=("services",),
    ),
    Lent(what="responsibility", title="老旧管网巡查包片", sender="housing", centre="beijiao", presence="on_call"),
    Lent(
        what="service",
        title="家门口的义诊",
        sender="health",
        centre="huanyunhu",
        presence="rotating",
        weekdays=(1, 4, 7),
    ),
    Lent(what="resource", title="流动执法车一辆", sender="enforcement", centre="huanyunhu", presence="resident"),
    Lent(what="person", title="法律顾问", sender="justice", centre="hongtangwan", presence="on_call"),
    Lent(
        what="service",
        title="救助和养老事项窗口",
        sender="civil",
        centre="hongtangwan",
        presence="resident",
        may_decide=("services",),
    ),
)
SHIFTS = ((8, 16, "白班"), (16, 24, "中班"), (24, 32, "夜班"))
"""Hours of the day; the night ends the next morning. The third cluster has no night shift, so that a gap is seen."""


def make_presence(*, now: datetime) -> None:
    """Through the verbs; once: a second call finds the duty officers and does nothing."""
    district = installation().district_code
    system = Actor(kind="system", organisation_code=district)
    if Account.objects.filter(login="duty-beijiao-0").exists():
        return
    today = timezone.localdate(now)
    for lent in LENT:
        directory.send_down(
            actor=system,
            what=lent.what,
            title=lent.title,
            from_code=f"{district}-{lent.sender}",
            to_code=f"{district}-{lent.centre}",
            starts=today,
            ends=today + timedelta(days=365),
            presence=lent.presence,
            weekdays=lent.weekdays,
            may_decide=lent.may_decide,
            now=now,
        )
    for slug in ("centre", "beijiao", "huanyunhu", "hongtangwan"):
        _roster(system, slug, today, now)


def _roster(system: Actor, slug: str, today: date, now: datetime) -> None:
    """A week from yesterday on: yesterday's night shift covers this morning."""
    shifts = SHIFTS[:2] if slug == "hongtangwan" else SHIFTS
    for number, (begins, ends, title) in enumerate(shifts):
        post_id = _officer(system, slug, number, title, now)
        for day in range(-1, DAYS):
            midnight = datetime.combine(today + timedelta(days=day), time.min, timezone.get_current_timezone())
            directory.put_on_duty(
                actor=system,
                post_id=post_id,
                organisation_code=f"{system.organisation_code}-{slug}",
                starts=midnight + timedelta(hours=begins),
                ends=midnight + timedelta(hours=ends),
                now=now,
            )


def _officer(system: Actor, slug: str, number: int, title: str, now: datetime) -> UUID:
    """Somebody who never signs in."""
    login = f"duty-{slug}-{number}"
    account = Account(id=new_id(), login=login, name=f"演示{title[0]}{number + 1}", password=NO_PASSWORD)
    account.save()
    directory.appoint(
        actor=system,
        account_id=account.id,
        organisation_code=f"{system.organisation_code}-{slug}",
        kind="window",
        title=f"值班员（{title}）",
        now=now,
    )
    return queries.posts_of(account.id)[0].post_id
