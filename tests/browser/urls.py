"""One example for every named route, so that the walk misses none. A route without a line here fails the test.

Pages stand in pianqu.composition.screens.pages; here stands the rest: what is fetched, downloaded or only posted to.
Examples may name what the seed made, as {code}; an empty text means: reached only by a
form or from within a page whose test follows it (photos, the part that polls for the proof).
"""

from pianqu.composition.screens.pages import PAGES

POSTED = ""
OTHERS = {
    "health": "/health/",
    "language": POSTED,
    "csp_report": POSTED,
    "components_row": "/open/components/row/",
    "sign_out": POSTED,
    "sign_in_second": POSTED,
    "sign_in_password": POSTED,
    "sign_in_passkey": POSTED,
    "outside": POSTED,
    "outside_begin": POSTED,
    "openid_connect_callback": POSTED,
    "sign_in_passkey_options": POSTED,
    "passkey_options": POSTED,
    "renew_access": POSTED,
    "end_token": POSTED,
    "accounts_template": POSTED,
    "accounts_slips": POSTED,
    "verify_download": "/open/verify/pianqu-verify.html",
    "casework:open311": "/open311/discovery.json",
    "casework:open311_services": "/open311/v2/services.xml",
    "casework:open311_service": "/open311/v2/services/roads.json",
    "casework:open311_requests": "/open311/v2/requests.xml",
    "casework:open311_request": "/open311/v2/requests/{code}.json",
    "casework:open311_token": "/open311/v2/tokens/{code}.json",
    "casework:open311_updates": "/open311/v2/servicerequestupdates.json",
    "casework:month_json": "/open/data/{month}.json",
    "casework:month_csv": "/open/data/{month}.csv",
    "casework:where": "/report/where/?lon=121.507&lat=29.95",
    "casework:map_layers": "/report/map.json",
    "casework:draft_photo": POSTED,
    "casework:proof": POSTED,
    "casework:add": POSTED,
    "casework:leave": POSTED,
    "casework:photo": POSTED,
    "casework:own": POSTED,
    "me_prove": POSTED,
    "casework:resolve": POSTED,
    "casework:close": POSTED,
    "casework:reveal": POSTED,
    "casework:erase": POSTED,
    "casework:act": POSTED,
    "casework:keep": POSTED,
    "casework:overview_tables": "/desk/overview/tables.xlsx",
    "casework:earlier": "/desk/intake/earlier/",
    "casework:take_over": POSTED,
    "casework:rate": POSTED,
    "casework:reopen": POSTED,
    "casework:tell": POSTED,
    "notices:clear": POSTED,
    "notices:settle": POSTED,
    "notices:drop": POSTED,
    "notices:retry": POSTED,
    "casework:desk_photo": POSTED,
    "choose_post": POSTED,
    "end_sessions": POSTED,
    "change_password": POSTED,
    "setup": POSTED,
    "directory:act": POSTED,
    "reorganised": POSTED,
    "directory:who_answers_json": "/who-answers.json?category=noise&place=330205103018",
    "points:map": "/points/map.json",
    "clusters_map": "/clusters/map.json",
    "territory:layers": "/desk/territory/map.json",
    "territory:people": POSTED,
    "entry_list_book": "/desk/entry-list/entry-list.xlsx",
    "cell_people_book": "/desk/cell-people/cell-people.xlsx",
    "territory:download": "/desk/territory/grid.geojson",
    "ledger:checkpoint": "/open/ledger/checkpoint",
    "ledger:vkey": "/open/ledger/log.vkey",
    "ledger:entries": "/open/ledger/tile/entries/{tile}",
    "ledger:tile": "/open/ledger/tile/0/{tile}",
    "ledger:receipt_file": "/open/ledger/receipt/{entry_id}.tlog-proof",
}


def examples() -> dict[str, str]:
    """Route → address."""
    return OTHERS | {page.route: page.at for page in PAGES if page.route}
