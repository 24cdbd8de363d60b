"""Addresses of planning."""

from django.urls import path

from pianqu.rooms.planning.views import sites

app_name = "planning"

urlpatterns = [
    path("desk/planning/sites/", sites.studies, name="sites"),
    path("desk/planning/sites/<uuid:study_id>/", sites.study, name="site_study"),
    path("desk/planning/sites/<uuid:study_id>/map.json", sites.study_map, name="site_map"),
    path("plans/sites/<uuid:study_id>/", sites.public_study, name="public_site_study"),
    path("plans/sites/<uuid:study_id>/map.json", sites.public_study_map, name="public_site_map"),
]
