"""Every public URL. Rooms mount under the faces: no room's name in a URL but the open ledger's."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.i18n import set_language

from pianqu.composition import clusters, me, outside, portal, setup, sign
from pianqu.composition.api import api, no_such_door
from pianqu.composition.desk import (
    account,
    accounts,
    calendar,
    case_lists,
    cell_lists,
    dispatch_rules,
    duty_lists,
    grid_changes,
    passkeys,
    reorganise,
    second_step,
    tokens,
    witnesses,
)
from pianqu.composition.health import health
from pianqu.composition.importing import grid
from pianqu.composition.open import components, court, guide, ledger, pages, reports, verify
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.territory.urls import service_points

handler400 = "pianqu.composition.problems.bad_request"
handler403 = "pianqu.composition.problems.forbidden"
handler404 = "pianqu.composition.problems.not_found"
handler500 = "pianqu.composition.problems.stumbled"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", portal.home, name="home"),
    path("api/v1/", api.urls),  # before what begins like nothing: programs ask more often than people
    path("", include("pianqu.rooms.casework.urls")),
    path("", include("pianqu.rooms.directory.urls"), {"categories": casework.categories}),
    path("desk/account/", account.page, name="account"),
    path("desk/account/post/", account.choose_post, name="choose_post"),
    path("desk/account/end/", account.end_sessions, name="end_sessions"),
    path("desk/account/password/", account.change_password, name="change_password"),
    path("desk/account/second-step/", second_step.page, name="second_step"),
    path("desk/account/outside/", outside.page, name="outside"),
    path("desk/account/passkeys/", passkeys.page, name="passkeys"),
    path("desk/account/passkeys/options/", passkeys.options, name="passkey_options"),
    path("desk/account/tokens/", tokens.page, name="tokens"),
    path("desk/account/tokens/<uuid:token_id>/end/", tokens.end, name="end_token"),
    path("desk/calendar/", calendar.page, name="calendar"),
    path("desk/calendar/<slug:which>.ics", calendar.subscribed, name="calendar_by_password"),
    path("desk/calendar/<str:key>/<slug:which>.ics", calendar.subscribed, name="calendar_feed"),
    path("desk/lists/", case_lists.page, name="case_lists"),
    path("desk/lists/template.xlsx", case_lists.template, name="case_list_template"),
    path("desk/lists/<uuid:list_id>/", case_lists.one, name="case_list"),
    path("desk/lists/<uuid:list_id>/rows-to-mend.xlsx", case_lists.wrong, name="case_list_wrong"),
    path("desk/lists/<uuid:list_id>/results.xlsx", case_lists.results, name="case_list_results"),
    path("desk/lists/<uuid:list_id>/forget/", case_lists.forget, name="forget_case_list"),
    path("desk/accounts/", accounts.page, name="accounts"),
    path("desk/accounts/renew/", accounts.renew, name="renew_access"),
    path("desk/accounts/take-in/", accounts.take_in, name="take_accounts"),
    path("desk/accounts/template.xlsx", accounts.template, name="accounts_template"),
    path("desk/accounts/passwords.xlsx", accounts.slips, name="accounts_slips"),
    path("desk/witnesses/", witnesses.page, name="witnesses"),
    path("setup/", setup.setup, name="setup"),
    path("desk/reorganise/", reorganise.page, name="reorganise"),
    path("desk/reorganised/<str:code>/", reorganise.done, name="reorganised"),
    path("desk/duty-lists/", duty_lists.page, name="duty_lists"),
    path("desk/rules/take-in/", dispatch_rules.take_in, name="rules_take_in"),
    path("desk/rules/<int:number>/rules.xlsx", dispatch_rules.book, name="rules_book"),
    path("desk/entry-list/", cell_lists.entry_list, name="entry_list"),
    path("desk/entry-list/entry-list.xlsx", cell_lists.entry_list_book, name="entry_list_book"),
    path("desk/buildings/", cell_lists.building_roll, name="building_roll"),
    path("desk/buildings/buildings.xlsx", cell_lists.building_roll_book, name="building_roll_book"),
    path("desk/cell-people/", cell_lists.cell_people, name="cell_people"),
    path("desk/cell-people/cell-people.xlsx", cell_lists.cell_people_book, name="cell_people_book"),
    path("desk/territory/changes/", grid_changes.changes, name="grid_changes"),
    path("desk/territory/changes/<uuid:version_id>/", grid_changes.change, name="grid_change"),
    path("desk/territory/changes/<uuid:version_id>/report.xlsx", grid_changes.book, name="grid_change_book"),
    path("desk/territory/changes/<uuid:version_id>/revert/", grid_changes.revert, name="revert_grid"),
    path("", include("pianqu.rooms.territory.urls"), {"categories": casework.categories, "files": grid}),
    path("", include(service_points)),
    path("", include("pianqu.rooms.planning.urls")),
    path("clusters/", clusters.page, name="clusters"),
    path("clusters/map.json", clusters.layers, name="clusters_map"),
    path("clusters/<str:code>/", clusters.one, name="cluster"),
    path("", include("pianqu.rooms.partners.urls")),
    path("", include("pianqu.rooms.notices.urls")),
    path("me/", me.page, name="me"),
    path("me/prove/", outside.prove, name="me_prove"),
    path("sign-in/", sign.sign_in, name="sign_in"),
    path("sign-in/second/", sign.second, name="sign_in_second"),
    path("sign-in/outside/", outside.begin, name="outside_begin"),
    path("sign-in/outside/<str:provider_id>/", outside.back, name="openid_connect_callback"),
    path("sign-in/passkey/", sign.passkey, name="sign_in_passkey"),
    path("sign-in/passkey/options/", sign.passkey_options, name="sign_in_passkey_options"),
    path("sign-in/password/", sign.own_password, name="sign_in_password"),
    path("sign-out/", sign.sign_out, name="sign_out"),
    re_path(r"^api/", no_such_door),
    path("health/", health, name="health"),
    path("language/", set_language, name="language"),
    path("csp-report/", reports.csp_report, name="csp_report"),
    path("open/", pages.first, name="open"),
    path("open/components/", components.sheet, name="components"),
    path("open/components/row/", components.sheet_row, name="components_row"),
    path("open/api/", guide.page, name="api_guide"),
    path("open/verify/", verify.page, name="verify"),
    path("open/verify/pianqu-verify.html", verify.download, name="verify_download"),
    path("open/ledger/", ledger.page, name="ledger"),
    path("open/ledger/about/", ledger.about, name="ledger_about"),
    path("open/ledger/seals/", ledger.seals, name="ledger_seals"),
    path("open/ledger/forks/", ledger.forks, name="ledger_forks"),
    path("open/ledger/find/", ledger.find, name="ledger_find"),
    path("open/ledger/receipt/<uuid:entry_id>.zip", court.archive, name="court_archive"),
    path("open/ledger/receipt/<uuid:entry_id>.pdf", court.sheet, name="court_sheet"),
    path("open/ledger/", include("pianqu.rooms.ledger.urls")),
]
