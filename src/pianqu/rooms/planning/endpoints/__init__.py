"""JSON doors of planning."""

from pianqu.rooms.planning.endpoints.drafts import drafts
from pianqu.rooms.planning.endpoints.sites import studies

routers = {"/drafts": drafts.router, "/site-studies": studies.router}
