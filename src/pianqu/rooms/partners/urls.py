"""Addresses of partners: the desk's pages, and the doors for other districts."""

from django.urls import path

from pianqu.rooms.partners.views import desk, letters

app_name = "partners"

urlpatterns = [
    path("desk/partners/", desk.transfers, name="all"),
    path("desk/partners/systems/", desk.systems, name="systems"),
    path("desk/partners/systems/<uuid:partner_id>/drop/", desk.drop, name="drop"),
    path("desk/partners/case/<uuid:case_id>/", desk.case, name="case"),
    path("desk/partners/letters/<uuid:letter_id>/<str:side>.txt", desk.receipt, name="receipt"),
    path("desk/partners/letters/<uuid:letter_id>/settle/", desk.settle, name="settle"),
    path("desk/partners/<uuid:transfer_id>/", desk.transfer, name="one"),
    path("desk/partners/<uuid:transfer_id>/take/", desk.take, name="take"),
    path("desk/partners/<uuid:transfer_id>/decline/", desk.decline, name="decline"),
    path("desk/partners/<uuid:transfer_id>/withdraw/", desk.withdraw, name="withdraw"),
    path("desk/partners/<uuid:transfer_id>/photos/<int:number>/", desk.photo, name="photo"),
    path("districts/v1/card", letters.card, name="card"),
    path("districts/v1/letters", letters.letters, name="letters"),
    path("districts/v1/letters/<str:digest>", letters.letter, name="letter"),
]
