"""Every public URL. Rooms mount under the faces: no room's name in a URL but the open ledger's."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("open/ledger/", include("pianqu.rooms.ledger.urls")),
]
