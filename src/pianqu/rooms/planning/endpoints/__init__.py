"""JSON doors of planning."""

from pianqu.rooms.planning.endpoints.departments import departments
from pianqu.rooms.planning.endpoints.drafts import drafts
from pianqu.rooms.planning.endpoints.sites import studies

routers = {"/departments": departments.router, "/drafts": drafts.router, "/site-studies": studies.router}
