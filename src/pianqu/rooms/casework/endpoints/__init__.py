"""JSON doors of casework: what its pages do, for programs."""

from pianqu.rooms.casework.endpoints import bulk, cases, causes, clocks, platforms, triage
from pianqu.rooms.casework.endpoints.cases import ACTS, OWN

routers = {
    **cases.routers,
    "/desk/bulk": bulk.many.router,
    **causes.routers,
    "/clocks": clocks.doors.router,
    "/platforms": platforms.platforms.router,
}
"""Where composition mounts them under the API's address."""

__all__ = ["ACTS", "OWN", "routers", "triage"]
