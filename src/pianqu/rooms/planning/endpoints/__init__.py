"""JSON doors of planning."""

from pianqu.rooms.planning.endpoints.drafts import drafts

routers = {"/drafts": drafts.router}
