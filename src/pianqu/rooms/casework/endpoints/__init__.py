"""JSON doors of casework: what its pages do, for programs."""

from pianqu.rooms.casework.endpoints import (
    bulk,
    cases,
    causes,
    clocks,
    dispatch,
    joining,
    lists,
    news,
    notes,
    platforms,
    replies,
    triage,
)
from pianqu.rooms.casework.endpoints.cases import ACTS, OWN

routers = {
    **cases.routers,
    "/desk/news": news.news.router,
    "/desk/bulk": bulk.many.router,
    "/desk/lists": lists.lists.router,
    **causes.routers,
    "/clocks": clocks.doors.router,
    "/dispatch": dispatch.rules.router,
    "/whistles": dispatch.whistles.router,
    "/forces": dispatch.forces.router,
    "/platforms": platforms.platforms.router,
    "/desk/mentions": notes.mentions.router,
    "/reply-templates": replies.replies.router,
}
"""Where composition mounts them under the API's address."""

__all__ = ["ACTS", "OWN", "joining", "routers", "triage"]
