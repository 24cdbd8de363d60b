"""Addresses of planning: drafts and sites at the desk, and what is published of them."""

from django.urls import URLPattern, path

from pianqu.rooms.planning.views import comparing, deciding, drafts, listing, sites

app_name = "planning"

urlpatterns: list[URLPattern] = [
    path("desk/planning/", listing.drafts, name="drafts"),
    path("desk/planning/<uuid:draft_id>/", drafts.draft, name="draft"),
    path("desk/planning/<uuid:draft_id>/state.json", drafts.state_json, name="state"),
    path("desk/planning/<uuid:draft_id>/units.json", drafts.units_json, name="units"),
    path("desk/planning/<uuid:draft_id>/options/<uuid:option_id>.json", drafts.option_json, name="option"),
    path("desk/planning/<uuid:draft_id>/change/", drafts.change, name="change"),
    path("desk/planning/<uuid:draft_id>/repair/", drafts.repair, name="repair"),
    path("desk/planning/<uuid:draft_id>/compute/", drafts.compute, name="compute"),
    path("desk/planning/<uuid:draft_id>/stop/", drafts.stop, name="stop"),
    path("desk/planning/<uuid:draft_id>/choose/", drafts.choose, name="choose"),
    path("desk/planning/<uuid:draft_id>/publish/", deciding.publish, name="publish"),
    path("desk/planning/<uuid:draft_id>/adopt/", deciding.adopt, name="adopt"),
    path("desk/planning/<uuid:draft_id>/withdraw/", deciding.withdraw, name="withdraw"),
    path("desk/planning/<uuid:draft_id>/compare/", comparing.compare, name="compare"),
    path("desk/planning/<uuid:draft_id>/history/", comparing.history, name="history"),
    path("desk/planning/sites/", sites.studies, name="sites"),
    path("desk/planning/sites/<uuid:study_id>/", sites.study, name="site_study"),
    path("desk/planning/sites/<uuid:study_id>/map.json", sites.study_map, name="site_map"),
    path("plans/sites/<uuid:study_id>/", sites.public_study, name="public_site_study"),
    path("plans/sites/<uuid:study_id>/map.json", sites.public_study_map, name="public_site_map"),
]
