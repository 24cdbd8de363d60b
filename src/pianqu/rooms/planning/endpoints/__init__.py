"""JSON doors of planning."""

from pianqu.rooms.planning.endpoints.sites import studies

routers = {"/site-studies": studies.router}
