"""Every public URL. Rooms mount under the faces: no room's name in a URL but the open ledger's."""

from django.urls import URLPattern, URLResolver, include, path

from pianqu.composition.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("open/ledger/", include("pianqu.rooms.ledger.urls")),
]
