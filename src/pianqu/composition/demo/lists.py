"""A list that the demo's window took in: some rows right, two wrong and still to be mended."""

from datetime import datetime
from uuid import UUID

from pianqu.composition.demo.year import SAYS_SYNTHETIC
from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import SentRow
from pianqu.rooms.territory import queries as territory

SOURCE = "江北物业 11月报修清单"
SAID = (
    ("WY-1101", "roads", "小区北门外人行道地砖松动，下雨天溅水，老人走路不稳。", "北门外"),
    ("WY-1102", "water", "3号楼前雨水井堵了，一下雨就积水。", "3号楼前"),
    ("WY-1103", "environment", "垃圾房两天没有清运，有气味。", "垃圾房"),
    ("WY-1104", "noise", "隔壁工地夜里十一点还在打桩。", "东侧围墙外"),
    ("WY-1105", "路灯", "地下车库出口的路灯不亮。", "车库出口"),
    ("WY-1106", "roads", "", "南门"),
)


def make_list(*, window: Actor, now: datetime) -> UUID | None:
    """Idempotent: the list is sent and taken in once."""
    if casework.lists_of(window):
        return None
    place = next(choice for choice in territory.community_choices() if choice.communities).communities[0].code
    rows = [
        SentRow(line=line, cells=_cells(number, category, words and words + SAYS_SYNTHETIC, at, place))
        for line, (number, category, words, at) in enumerate(SAID, start=2)
    ]
    list_id = services.send_list(actor=window, source=SOURCE, rows=rows, content=SOURCE.encode(), now=now)
    services.take_in_list(actor=window, list_id=list_id, now=now)
    return list_id


def _cells(number: str, category: str, words: str, landmark: str, place: str) -> dict[str, str]:
    return {"number": number, "words": words, "category": category, "landmark": landmark, "community": place}
