"""Addresses of planning."""

from django.urls import URLPattern, path

from pianqu.rooms.planning.views import departments, editions, merge_books, merging

app_name = "planning"

urlpatterns: list[URLPattern] = [
    path("desk/planning/departments/", departments.grids, name="departments"),
    path("desk/planning/departments/take-in/", departments.take_in, name="department_take_in"),
    path("desk/planning/departments/<uuid:grid_id>/", departments.grid, name="department"),
    path("desk/planning/departments/<uuid:grid_id>/map.json", departments.grid_map, name="department_map"),
    path("desk/planning/merge/", merging.latest, name="merges"),
    path("desk/planning/merge/ask/", merging.ask, name="ask_merge"),
    path("desk/planning/merge/<uuid:merge_id>/", merging.merge, name="merge"),
    path("desk/planning/merge/<uuid:merge_id>/progress/", merging.progress, name="merge_progress"),
    path("desk/planning/merge/<uuid:merge_id>/close/", merging.close, name="close_places"),
    path("desk/planning/merge/<uuid:merge_id>/map.json", merging.merge_map, name="merge_map"),
    path("desk/planning/merge/<uuid:merge_id>/crosswalk.xlsx", merge_books.crosswalk, name="crosswalk"),
    path("desk/planning/merge/<uuid:merge_id>/<slug:which>.xlsx", merge_books.table, name="merge_table"),
    path("desk/planning/editions/", editions.page, name="editions"),
]
