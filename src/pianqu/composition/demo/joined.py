"""The demo's matters with residents who joined: one that many joined, one with a public title, and some that staff may join."""

from datetime import datetime, timedelta

from pianqu.composition.demo.year import SAYS_SYNTHETIC
from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.territory import queries as territory

FIRST = "姚江边步道的路灯连着坏了六盏，晚上散步看不清台阶。"
OTHERS = (
    "姚江边步道路灯坏了好几盏，晚上看不清台阶，老人不敢走。",
    "江边步道那一排路灯都不亮，孩子昨天在台阶上绊了一跤。",
    "步道路灯坏了一个星期了，晚上跑步的人都绕到马路上。",
    "江边散步的台阶没有灯，请尽快修。",
    "姚江步道晚上一片黑，路灯坏了没人修。",
    "路灯坏了六盏，靠近码头那一段最黑。",
)
AGAIN = "姚江边步道的路灯坏了，晚上散步看不清台阶，请派人看看。"
TITLE = "姚江边步道路灯不亮"


def make_joined(*, window: Actor, now: datetime) -> dict[str, str]:
    """Through the verbs; once. Answers the matter, and one that joined it with its receipt."""
    known = casework.cases_for(window, filters=casework.CaseFilter(text=FIRST[:12]), size=1).rows
    communities = [card for choice in territory.community_choices() for card in choice.communities]
    if known or not communities:
        return {}
    somewhere = communities[0]
    resident = Actor(kind="resident", organisation_code=casework.centre_code())
    place = PlaceChoice(
        community_code=somewhere.code, lon=somewhere.lon, lat=somewhere.lat, landmark="姚江边步道", source="gazetteer"
    )
    led = services.open_case(
        actor=resident,
        words=FIRST + SAYS_SYNTHETIC,
        category="roads",
        place=place,
        contact="10000000611",
        now=now - timedelta(hours=9),
    )
    services.release_title(actor=window, case_id=led.case_id, title=TITLE, now=now - timedelta(hours=8))
    joined = [
        services.join_report(
            actor=resident,
            parent_id=led.case_id,
            words=words + SAYS_SYNTHETIC,
            category="roads",
            place=place,
            now=now - timedelta(hours=7 - number),
        ).opened
        for number, words in enumerate(OTHERS)
    ]
    services.open_case(
        actor=resident, words=AGAIN + SAYS_SYNTHETIC, category="roads", place=place, now=now - timedelta(minutes=50)
    )
    last = joined[-1]
    return {
        "led": str(led.case_id),
        "joined": last.case_code[:4] + "-" + last.case_code[4:],
        "joined_secret": last.receipt_secret,
    }
