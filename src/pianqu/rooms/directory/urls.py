"""Addresses of the directory. Composition mounts them with `categories`: the question that names a higher room's categories."""

from django.urls import path

from pianqu.rooms.directory.views import acts, here, residents, tree, who

app_name = "directory"

urlpatterns = [
    path("who-answers/", who.who_answers, {"face": "open"}, name="who_answers"),
    path("who-answers.json", who.who_answers_json, name="who_answers_json"),
    path("desk/who-answers/", who.who_answers, name="desk_who_answers"),
    path("desk/here-today/", here.here_today, name="here_today"),
    path("desk/duty/", here.duty, name="duty"),
    path("desk/residents/", residents.residents, name="residents"),
    path("desk/organisations/", tree.organisations, name="organisations"),
    path("desk/organisations/<str:code>/", tree.organisation, name="organisation"),
    path("desk/directory/<str:name>/", acts.act, name="act"),
]
