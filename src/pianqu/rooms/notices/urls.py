"""Addresses of notices: the desk's inbox, and what is sent."""

from django.urls import path

from pianqu.rooms.notices import views

app_name = "notices"

urlpatterns = [
    path("desk/notices/", views.inbox, name="inbox"),
    path("desk/notices/clear/", views.clear, name="clear"),
    path("desk/notices/sending/", views.sending, name="sending"),
    path("desk/notices/webhooks/", views.webhooks, name="webhooks"),
    path("desk/notices/webhooks/<uuid:webhook_id>/", views.drop, name="drop"),
    path("desk/notices/webhooks/<uuid:webhook_id>/retry/", views.retry, name="retry"),
    path("desk/notices/sending/<uuid:outgoing_id>/", views.settle, name="settle"),
]
