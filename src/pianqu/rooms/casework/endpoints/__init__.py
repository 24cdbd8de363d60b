"""JSON doors of casework: what its pages do, for programs."""

from pianqu.rooms.casework.endpoints import triage
from pianqu.rooms.casework.endpoints.cases import ACTS, OWN, routers

__all__ = ["ACTS", "OWN", "routers", "triage"]
