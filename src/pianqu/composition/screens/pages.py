"""Every page that people see, and how to reach it with nothing, with much, and with something wrong."""

from dataclasses import dataclass

WIDTHS = (390, 1280)
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page. Addresses may name what the seed made: {code}, {secret}, {case_id} …"""

    name: str
    route: str
    """Name of its route, as `reverse` takes it."""
    at: str
    opened_by: str = ""
    """Name of the page that has to be opened before: it gives the cookie."""
    known: bool = False
    """Opened by a resident whom the roll knows."""
    staff: bool = False
    by: str = ""
    """Login of the colleague who opens it, where it is not everybody's."""
    needs_data: bool = False
    """It is about one thing: there is no empty form of it."""
    wrong_at: str = ""
    """Address of its form with something wrong …"""
    wrong_press: str = ""
    """… or the selector of what is pressed while the form is empty."""


SUBMIT = "main form button.btn-primary"
PAGES = (
    Page(name="home", route="home", at="/"),
    Page(name="report", route="casework:report", at="/report/", wrong_press=SUBMIT),
    Page(name="places", route="casework:places", at="/report/places/?q=洪塘"),
    Page(name="follow", route="casework:follow", at="/follow/", wrong_press=SUBMIT),
    Page(name="case", route="casework:case", at="/case/{code}/?s={secret}", needs_data=True),
    Page(name="my-clock", route="casework:case_clock", at="/case/{code}/clock/", opened_by="case", needs_data=True),
    Page(name="withdraw", route="casework:withdraw", at="/case/{code}/withdraw/", opened_by="case", needs_data=True),
    Page(name="me-ask", route="me", at="/me/", wrong_press=SUBMIT),
    Page(
        name="me",
        route="me",
        at="/me/",
        known=True,
        needs_data=True,
        wrong_press="main form:has([name=code]) button[value=add]",
    ),
    Page(name="sign-in", route="sign_in", at="/sign-in/", wrong_press=SUBMIT),
    Page(name="desk", route="casework:desk", at="/desk/", staff=True, wrong_at="/desk/?q=nothing-like-this"),
    Page(name="desk-due", route="casework:desk", at="/desk/?order=due&queue=unassigned&since=2020-01-01", staff=True),
    Page(
        name="intake", route="casework:intake", at="/desk/intake/", staff=True, wrong_press="#intake button.btn-primary"
    ),
    Page(
        name="overview",
        route="casework:overview",
        at="/desk/overview/",
        staff=True,
        wrong_at="/desk/overview/?street=nowhere",
    ),
    Page(name="overview-street", route="casework:overview", at="/desk/overview/?street=330205103000", staff=True),
    Page(
        name="triage",
        route="casework:triage",
        at="/desk/triage/",
        staff=True,
        by="admin",
    ),
    Page(name="platforms", route="casework:platforms", at="/desk/platforms/", staff=True),
    Page(
        name="platform",
        route="casework:platform",
        at="/desk/platforms/enforcement/?street=330205005000",
        staff=True,
        by="admin",
        wrong_at="/desk/platforms/order/?street=nowhere&queue=notices&page=x",
    ),
    Page(name="platform-all", route="casework:platform", at="/desk/platforms/services/?street=all", staff=True),
    Page(
        name="platform-paper",
        route="casework:platform_paper",
        at="/desk/platforms/paper/{paper}/",
        staff=True,
        needs_data=True,
    ),
    Page(
        name="platform-case",
        route="casework:desk_case",
        at="/desk/case/{noticed}/",
        staff=True,
        needs_data=True,
    ),
    Page(name="joined", route="casework:joined", at="/desk/case/{led}/joined/", staff=True, needs_data=True),
    Page(name="joined-case", route="casework:desk_case", at="/desk/case/{led}/#alike", staff=True, needs_data=True),
    Page(name="joined-receipt", route="casework:case", at="/case/{joined}/?s={joined_secret}", needs_data=True),
    Page(name="bulk", route="casework:bulk", at="/desk/bulk/", staff=True),
    Page(
        name="bulk-form",
        route="casework:bulk",
        at="/desk/bulk/?act=dispatch&case={case_id}",
        staff=True,
        needs_data=True,
        wrong_press=SUBMIT,
    ),
    Page(name="bulk-act", route="casework:bulk_act", at="/desk/bulk/{bulk_id}/", staff=True, needs_data=True),
    Page(name="exports", route="casework:exports", at="/desk/exports/?category=roads&state=opened", staff=True),
    Page(name="hot", route="casework:hot", at="/desk/hot/?days=90", staff=True, wrong_at="/desk/hot/?days=x"),
    Page(name="hot-one", route="casework:hot_one", at="/desk/hot/{issue}/", staff=True, needs_data=True),
    Page(name="causes", route="casework:causes", at="/desk/causes/", staff=True),
    Page(
        name="cause-open",
        route="casework:open_cause",
        at="/desk/causes/open/",
        staff=True,
        wrong_press="main form button.btn-primary",
    ),
    Page(name="cause", route="casework:cause", at="/desk/causes/{cause}/", staff=True, needs_data=True),
    Page(
        name="supervision",
        route="casework:supervision",
        at="/desk/supervision/",
        staff=True,
        wrong_at="/desk/supervision/?show=nothing&page=x",
    ),
    Page(
        name="callbacks",
        route="casework:callbacks",
        at="/desk/callbacks/",
        staff=True,
        by="boss",
        wrong_press="#draws button.btn",
    ),
    Page(name="callbacks-done", route="casework:callbacks", at="/desk/callbacks/?show=done", staff=True),
    Page(
        name="evaluation",
        route="casework:evaluation",
        at="/desk/evaluation/",
        staff=True,
        wrong_at="/desk/evaluation/?period=never&by=people&measure=luck",
    ),
    Page(name="evaluation-street", route="casework:evaluation", at="/desk/evaluation/?by=street", staff=True),
    Page(name="reports", route="casework:reports", at="/desk/reports/", staff=True),
    Page(
        name="monthly",
        route="casework:monthly",
        at="/desk/reports/{report}/",
        staff=True,
        by="boss",
        needs_data=True,
        wrong_press="#issue button.btn-primary",
    ),
    Page(
        name="clocks",
        route="casework:clock_rules",
        at="/desk/clocks/",
        staff=True,
        by="admin",
    ),
    Page(name="forecasts", route="casework:breach", at="/desk/forecasts/", staff=True),
    Page(
        name="clocks-preview",
        route="casework:clock_preview",
        at="/desk/clocks/preview/",
        staff=True,
        by="admin",
        needs_data=True,
        wrong_press="#enforce button.btn-primary",
    ),
    Page(name="rules", route="casework:rules", at="/desk/rules/", staff=True),
    Page(
        name="rules-draft",
        route="casework:rules_version",
        at="/desk/rules/{draft}/",
        staff=True,
        by="admin",
        needs_data=True,
        wrong_press="#rule button.btn-primary",
    ),
    Page(name="rules-version", route="casework:rules_version", at="/desk/rules/{rules}/", staff=True, needs_data=True),
    Page(
        name="rules-trial", route="casework:rules_trial", at="/desk/rules/trial/{trial}/", staff=True, needs_data=True
    ),
    Page(
        name="rules-templates",
        route="casework:rules_templates",
        at="/desk/rules/templates/",
        staff=True,
        by="admin",
        wrong_press="#template button.btn-primary",
    ),
    Page(
        name="rules-take-in",
        route="rules_take_in",
        at="/desk/rules/take-in/",
        staff=True,
        by="admin",
        wrong_press=SUBMIT,
    ),
    Page(
        name="whistles",
        route="casework:whistles",
        at="/desk/whistles/",
        staff=True,
        wrong_press="#call button.btn-primary",
    ),
    Page(name="forces", route="casework:forces", at="/desk/forces/", staff=True),
    Page(name="force", route="casework:force", at="/desk/forces/{force}/", staff=True, needs_data=True),
    Page(name="shift", route="casework:shift", at="/desk/shift/", staff=True),
    Page(name="points", route="points:all", at="/points/", wrong_at="/points/?kind=care&open=1"),
    Page(name="point", route="points:one", at="/points/C01/", needs_data=True),
    Page(name="clusters", route="clusters", at="/clusters/", wrong_at="/clusters/?q=nothing-like-this"),
    Page(name="cluster", route="cluster", at="/clusters/{cluster}/", needs_data=True),
    Page(name="desk-points", route="points:desk", at="/desk/points/", staff=True),
    Page(
        name="desk-point",
        route="points:desk_one",
        at="/desk/points/C01/",
        staff=True,
        by="admin",
        needs_data=True,
        wrong_press="main form:has([value=room]) button.btn",
    ),
    Page(name="notices", route="notices:inbox", at="/desk/notices/", staff=True),
    Page(
        name="sending",
        route="notices:sending",
        at="/desk/notices/sending/",
        staff=True,
        by="admin",
        wrong_at="/desk/notices/sending/?state=nothing",
    ),
    Page(
        name="webhooks",
        route="notices:webhooks",
        at="/desk/notices/webhooks/",
        staff=True,
        by="admin",
        wrong_press="main form:has([name=url]) button.btn-primary",
    ),
    Page(name="partners", route="partners:all", at="/desk/partners/", staff=True),
    Page(
        name="transfer",
        route="partners:one",
        at="/desk/partners/{offered}/",
        staff=True,
        needs_data=True,
        wrong_press="main form[action$=decline\\/] button",
    ),
    Page(name="transfer-given", route="partners:one", at="/desk/partners/{given}/", staff=True, needs_data=True),
    Page(
        name="partners-case",
        route="partners:case",
        at="/desk/partners/case/{case_id}/",
        staff=True,
        needs_data=True,
    ),
    Page(
        name="partner-systems",
        route="partners:systems",
        at="/desk/partners/systems/",
        staff=True,
        by="admin",
        wrong_press="#district button.btn-primary",
    ),
    Page(name="account", route="account", at="/desk/account/", staff=True),
    Page(name="passkeys", route="passkeys", at="/desk/account/passkeys/", staff=True),
    Page(name="second-step", route="second_step", at="/desk/account/second-step/", staff=True, wrong_press=SUBMIT),
    Page(name="calendar", route="calendar", at="/desk/calendar/", staff=True, wrong_press=SUBMIT),
    Page(name="tokens", route="tokens", at="/desk/account/tokens/", staff=True, wrong_press=SUBMIT),
    Page(name="desk-case", route="casework:desk_case", at="/desk/case/{case_id}/", staff=True, needs_data=True),
    Page(name="clock", route="casework:clock", at="/desk/case/{case_id}/clock/", staff=True, needs_data=True),
    Page(
        name="who-answers",
        route="directory:desk_who_answers",
        at="/desk/who-answers/?place=330205103018",
        staff=True,
        wrong_at="/desk/who-answers/?place=nowhere&on=yesterday",
    ),
    Page(name="lists", route="directory:desk_who_answers", at="/desk/who-answers/", staff=True),
    Page(
        name="here-today",
        route="directory:here_today",
        at="/desk/here-today/",
        staff=True,
        by="admin",
        wrong_at="/desk/here-today/?on=2026-02-30",
    ),
    Page(
        name="duty",
        route="directory:duty",
        at="/desk/duty/",
        staff=True,
        by="admin",
        wrong_at="/desk/duty/?on=9999-12-31",
    ),
    Page(
        name="organisations",
        route="directory:organisations",
        at="/desk/organisations/",
        staff=True,
        by="admin",
        wrong_at="/desk/organisations/?q=nothing-like-this",
    ),
    Page(
        name="residents",
        route="directory:residents",
        at="/desk/residents/",
        staff=True,
        wrong_press="#enrol button.btn-primary",
    ),
    Page(name="found-organisations", route="directory:organisations", at="/desk/organisations/?q=慈城", staff=True),
    Page(
        name="organisation",
        route="directory:organisation",
        at="/desk/organisations/{centre}/",
        staff=True,
        by="admin",
        wrong_at="/desk/organisations/330205/",
    ),
    Page(name="reorganise", route="reorganise", at="/desk/reorganise/", staff=True, by="admin", wrong_press=SUBMIT),
    Page(
        name="accounts",
        route="accounts",
        at="/desk/accounts/",
        staff=True,
        by="admin",
        wrong_at="/desk/accounts/?q=nothing-like-this",
    ),
    Page(
        name="take-accounts",
        route="take_accounts",
        at="/desk/accounts/take-in/",
        staff=True,
        by="admin",
        wrong_press=SUBMIT,
    ),
    Page(name="duty-lists", route="duty_lists", at="/desk/duty-lists/", staff=True, by="admin", wrong_press=SUBMIT),
    Page(name="entry-list", route="entry_list", at="/desk/entry-list/", staff=True, by="admin", wrong_press=SUBMIT),
    Page(name="cell-people", route="cell_people", at="/desk/cell-people/", staff=True, by="admin", wrong_press=SUBMIT),
    Page(
        name="territory",
        route="territory:grid",
        at="/desk/territory/",
        staff=True,
        wrong_at="/desk/territory/?on=never",
    ),
    Page(
        name="territory-cell",
        route="territory:grid",
        at="/desk/territory/?cluster={cluster}&cell={cell}",
        staff=True,
        by="admin",
        needs_data=True,
    ),
    Page(name="take-grid", route="territory:take_in", at="/desk/territory/take-in/", staff=True, wrong_press=SUBMIT),
    Page(name="ask-who", route="directory:who_answers", at="/who-answers/?place=330205103018&category=noise"),
    Page(name="open", route="open", at="/open/"),
    Page(name="ledger", route="ledger", at="/open/ledger/"),
    Page(name="open-data", route="casework:open_data", at="/open/data/"),
    Page(name="open-month", route="casework:month", at="/open/data/{month}/?of=answered", needs_data=True),
    Page(name="api", route="api_guide", at="/open/api/"),
    Page(name="verify", route="verify", at="/open/verify/"),
    Page(name="not-found", route="", at="/nowhere/", needs_data=True),
    Page(name="components", route="components", at="/open/components/", wrong_at="/open/components/?errors=1"),
)
"""In the order of the faces. A route that shows a page and is missing here makes a browser test fail."""
