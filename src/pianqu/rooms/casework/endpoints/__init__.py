"""JSON doors of casework: what its pages do, for programs."""

from pianqu.rooms.casework.endpoints import causes
from pianqu.rooms.casework.endpoints.cases import ACTS, OWN
from pianqu.rooms.casework.endpoints.cases import routers as of_cases

routers = {**of_cases, **causes.routers}

__all__ = ["ACTS", "OWN", "routers"]
