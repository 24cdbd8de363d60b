"""Addresses of casework: the resident's pages and the staff's. No room's name stands in a public address."""

from django.urls import path, re_path

from pianqu.rooms.casework.views import acts, desk, exports, follow, intake, open311, opendata, overview, report, shift

app_name = "casework"

FORM = r"\.(?P<form>json|xml)$"

urlpatterns = [
    re_path(rf"^open311/discovery{FORM}", open311.discovery, name="open311"),
    re_path(rf"^open311/v2/services{FORM}", open311.services_list, name="open311_services"),
    re_path(rf"^open311/v2/services/(?P<code>[\w-]+){FORM}", open311.service_definition, name="open311_service"),
    re_path(rf"^open311/v2/requests{FORM}", open311.requests, name="open311_requests"),
    re_path(rf"^open311/v2/requests/(?P<name>[\w-]+){FORM}", open311.one_request, name="open311_request"),
    re_path(rf"^open311/v2/tokens/(?P<name>[\w-]+){FORM}", open311.token, name="open311_token"),
    re_path(rf"^open311/v2/servicerequestupdates{FORM}", open311.updates, name="open311_updates"),
    path("open/data/", opendata.page, name="open_data"),
    path("open/data/<int:year>-<int:month>/", opendata.month_page, name="month"),
    path("open/data/<int:year>-<int:month>.json", opendata.month_json, name="month_json"),
    path("open/data/<int:year>-<int:month>.csv", opendata.month_csv, name="month_csv"),
    path("report/", report.report, name="report"),
    path("report/places/", report.places, name="places"),
    path("report/where/", report.where, name="where"),
    path("report/map.json", report.map_layers, name="map_layers"),
    path("report/draft/<str:key>/<int:order>.jpg", report.draft_photo, name="draft_photo"),
    path("follow/", follow.follow, name="follow"),
    path("me/matters/<str:code>/", follow.own, name="own"),
    path("case/<str:code>/", follow.case, name="case"),
    path("case/<str:code>/proof/", follow.proof, name="proof"),
    path("case/<str:code>/clock/", follow.clock, name="case_clock"),
    path("case/<str:code>/add/", follow.add, name="add"),
    path("case/<str:code>/rate/", follow.rate, name="rate"),
    path("case/<str:code>/tell/", follow.tell, name="tell"),
    path("case/<str:code>/reopen/", follow.reopen, name="reopen"),
    path("case/<str:code>/withdraw/", follow.withdraw, name="withdraw"),
    path("case/<str:code>/leave/", follow.leave, name="leave"),
    path("case/<str:code>/photo/<uuid:photo_id>/", follow.photo, name="photo"),
    path("desk/", desk.cases, name="desk"),
    path("desk/keep/", desk.keep, name="keep"),
    path("desk/intake/", intake.intake, name="intake"),
    path("desk/intake/earlier/", intake.earlier, name="earlier"),
    path("desk/shift/", shift.shift, name="shift"),
    path("desk/shift/<uuid:handover_id>/", shift.take_over, name="take_over"),
    path("desk/overview/", overview.overview, name="overview"),
    path("desk/overview/tables.xlsx", overview.tables, name="overview_tables"),
    path("desk/case/<uuid:case_id>/", desk.case, name="desk_case"),
    path("desk/case/<uuid:case_id>/resolve/", desk.resolve, name="resolve"),
    path("desk/case/<uuid:case_id>/close/", desk.close, name="close"),
    path("desk/case/<uuid:case_id>/reveal/", desk.reveal, name="reveal"),
    path("desk/case/<uuid:case_id>/erase/", desk.erase, name="erase"),
    path("desk/case/<uuid:case_id>/act/<str:name>/", acts.act, name="act"),
    path("desk/case/<uuid:case_id>/clock/", acts.clock, name="clock"),
    path("desk/exports/", exports.exports, name="exports"),
    path("desk/exports/progress/", exports.progress, name="exports_progress"),
    path("desk/exports/<uuid:export_id>/cancel/", exports.cancel, name="cancel_export"),
    path("desk/exports/<uuid:export_id>/file/", exports.file, name="export_file"),
    path("desk/photo/<uuid:photo_id>/", desk.photo, name="desk_photo"),
]
