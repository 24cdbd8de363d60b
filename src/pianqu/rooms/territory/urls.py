"""Addresses of territory. Composition mounts them with `files` (grids as GeoJSON) and `categories` (a higher room's names)."""

from django.urls import path

from pianqu.rooms.territory.views import grid, taking

app_name = "territory"

urlpatterns = [
    path("desk/territory/", grid.page, name="grid"),
    path("desk/territory/map.json", grid.layers, name="layers"),
    path("desk/territory/grid.geojson", grid.download, name="download"),
    path("desk/territory/take-in/", taking.take_in, name="take_in"),
]
