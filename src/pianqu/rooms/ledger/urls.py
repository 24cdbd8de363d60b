"""Public addresses of the ledger, under /open/ledger/. Tiles follow c2sp.org/tlog-tiles."""

from django.urls import path

from pianqu.rooms.ledger import views

app_name = "ledger"

urlpatterns = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("log.vkey", views.vkey, name="vkey"),
    path("anchor/<int:size>.tsr", views.anchor, name="anchor"),
    path("anchor/<int:size>.note", views.anchored, name="anchored"),
    path("gm.vkey", views.twin_vkey, name="twin_vkey"),
    path("gm/checkpoint", views.twin_checkpoint, name="twin_checkpoint"),
    path("gm/tile/entries/<path:where>", views.entries, name="twin_entries"),
    path("gm/tile/<int:level>/<path:where>", views.twin_tile, name="twin_tile"),
    path("gm/receipt/<uuid:entry_id>.tlog-proof", views.twin_receipt, name="twin_receipt"),
    path("chain/<str:transaction>.json", views.on_chain, name="on_chain"),
    path("policy", views.policy, name="policy"),
    path("tile/entries/<path:where>", views.entries, name="entries"),
    path("tile/<int:level>/<path:where>", views.tile, name="tile"),
    path("receipt/<uuid:entry_id>.tlog-proof", views.receipt_file, name="receipt_file"),
]
