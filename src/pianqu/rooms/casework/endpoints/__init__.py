"""JSON doors of casework: what its pages do, for programs."""

from pianqu.rooms.casework.endpoints import bulk, cases, clocks, platforms
from pianqu.rooms.casework.endpoints.cases import ACTS, OWN

routers = {
    **cases.routers,
    "/desk/bulk": bulk.many.router,
    "/clocks": clocks.doors.router,
    "/platforms": platforms.platforms.router,
}
"""Where composition mounts them under the API's address."""

__all__ = ["ACTS", "OWN", "routers"]
