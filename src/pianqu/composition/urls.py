"""Every public URL. Rooms mount under the faces: no room's name in a URL but the open ledger's."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from pianqu.composition.health import health
from pianqu.composition.open import components, reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("language/", set_language, name="language"),
    path("csp-report/", reports.csp_report, name="csp_report"),
    path("open/components/", components.sheet, name="components"),
    path("open/components/row/", components.sheet_row, name="components_row"),
    path("open/ledger/", include("pianqu.rooms.ledger.urls")),
]
