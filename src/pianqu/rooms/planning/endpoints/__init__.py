"""JSON doors of planning."""

from pianqu.rooms.planning.endpoints.departments import departments

routers = {"/departments": departments.router}
