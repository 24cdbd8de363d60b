"""JSON doors of casework: what its pages do, for programs."""

from pianqu.rooms.casework.endpoints import clocks
from pianqu.rooms.casework.endpoints.cases import ACTS, OWN
from pianqu.rooms.casework.endpoints.cases import routers as of_cases

routers = {**of_cases, "/clocks": clocks.doors.router}
"""Where composition mounts them under the API's address."""

__all__ = ["ACTS", "OWN", "routers"]
