"""Addresses of territory. Composition mounts them with `files` (grids as GeoJSON) and `categories` (a higher room's names)."""

from django.urls import path

from pianqu.rooms.territory.views import grid, neighbours, neighbours_open, points, taking

app_name = "territory"

urlpatterns = [
    path("desk/territory/", grid.page, name="grid"),
    path("desk/territory/people/", grid.name_people, name="people"),
    path("desk/territory/map.json", grid.layers, name="layers"),
    path("desk/territory/grid.geojson", grid.download, name="download"),
    path("desk/territory/take-in/", taking.take_in, name="take_in"),
    path("desk/neighbours/", neighbours.page, name="neighbours"),
    path("desk/neighbours/<str:code>/", neighbours.one, name="neighbour"),
    path("desk/neighbours/clusters/<str:code>/", neighbours.one, {"kind": "cluster"}, name="neighbour_cluster"),
    path("clusters/<str:cluster>/cells/<str:code>/", neighbours_open.cell, name="cell"),
]

service_points = (
    [
        path("points/", points.points, name="all"),
        path("points/map.json", points.points_map, name="map"),
        path("points/<str:code>/", points.point, name="one"),
        path("desk/points/", points.desk_points, name="desk"),
        path("desk/points/<str:code>/", points.desk_point, name="desk_one"),
    ],
    "points",
)
"""Service points: the same room, mounted on its own because it needs nothing of a higher one."""
