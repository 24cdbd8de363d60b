"""What administrators and leaders change in the directory: one door, one table of acts; each is one verb, done once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from pianqu.foundation.crypto import fingerprint
from pianqu.foundation.errors import Problem, as_problem
from pianqu.rooms.directory import forms, queries, services
from pianqu.rooms.directory.forms import Wrong
from pianqu.rooms.directory.views import here, residents, shown, tree
from pianqu.rooms.directory.views.asking import Failed
from pianqu.rooms.directory.views.shown import Categories

Verb = Callable[..., object]
Page = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Act:
    """A verb, what it takes from the form, the page that has the form, and the route back to it."""

    verb: Verb
    takes: Callable[[QueryDict], Mapping[str, Any]]
    page: Page
    route: str


def _send_down(typed: QueryDict) -> Mapping[str, Any]:
    return {
        "what": forms.chosen(typed, "what"),
        "title": forms.words(typed, "title", longest=80),
        "from_code": forms.chosen(typed, "from"),
        "to_code": forms.chosen(typed, "to"),
        "post_id": forms.chosen_id(typed, "post", needed=False),
        "presence": forms.chosen(typed, "presence"),
        "weekdays": forms.weekdays(typed),
        "may_decide": tuple(typed.getlist("may_decide")),
        "starts": forms.day(typed, "starts"),
        "ends": forms.day_or_none(typed, "ends"),
    }


def _duty(typed: QueryDict) -> Mapping[str, Any]:
    return {
        "organisation_code": forms.chosen(typed, "organisation"),
        "post_id": forms.needed_id(typed, "post"),
        "starts": forms.moment(typed, "starts"),
        "ends": forms.moment(typed, "ends"),
    }


def _substitute(typed: QueryDict) -> Mapping[str, Any]:
    return {
        "post_id": forms.needed_id(typed, "post"),
        "by_post_id": forms.needed_id(typed, "by_post"),
        "across": typed.get("across") == "1",
        "starts": forms.moment(typed, "starts"),
        "ends": forms.moment(typed, "ends"),
    }


def _add_organisation(**given: Any) -> int:
    added = services.add_organisations(**given)
    if not added:
        raise Wrong("code", _("This code is taken: a code is never used again."))
    return added


def _organisation(typed: QueryDict) -> Mapping[str, Any]:
    return {"items": [forms.organisation(typed)], "valid_from": timezone.localdate()}


def _superior(typed: QueryDict) -> Mapping[str, Any]:
    return {
        "code": forms.chosen(typed, "organisation"),
        "parent_code": forms.chosen(typed, "parent"),
        "was": str(typed.get("was", "")),
    }


def _appointed(typed: QueryDict) -> Mapping[str, Any]:
    account_id = queries.account_of_login(forms.words(typed, "login", longest=64))
    if account_id is None:
        raise Wrong("login", _("Nobody signs in by this name."))
    return {
        "account_id": account_id,
        "organisation_code": forms.chosen(typed, "organisation"),
        "kind": forms.chosen(typed, "kind"),
        "title": forms.words(typed, "title", longest=40),
        "beside": typed.get("instead") != "1",
    }


def _enrolled(typed: QueryDict) -> Mapping[str, Any]:
    return {
        "name": str(typed.get("name", "")),
        "number": str(typed.get("number", "")),
        "area_code": str(typed.get("area", "")),
        "contact": str(typed.get("contact", "")),
    }


def _second_reading(typed: QueryDict) -> Mapping[str, Any]:
    return {"enrolment_id": forms.needed_id(typed, "id"), "number": str(typed.get("number", ""))}


ACTS: dict[str, Act] = {
    "enrol": Act(services.begin_enrolment, _enrolled, residents.residents_page, "directory:residents"),
    "finish-enrolment": Act(
        services.finish_enrolment, _second_reading, residents.residents_page, "directory:residents"
    ),
    "drop-enrolment": Act(
        services.drop_enrolment,
        lambda typed: {"enrolment_id": forms.needed_id(typed, "id")},
        residents.residents_page,
        "directory:residents",
    ),
    "send-down": Act(services.send_down, _send_down, here.here_page, "directory:here_today"),
    "recall": Act(
        services.recall,
        lambda typed: {"send_down_id": forms.needed_id(typed, "id")},
        here.here_page,
        "directory:here_today",
    ),
    "put-on-duty": Act(services.put_on_duty, _duty, here.duty_page, "directory:duty"),
    "take-off-duty": Act(
        services.take_off_duty,
        lambda typed: {"duty_id": forms.needed_id(typed, "id")},
        here.duty_page,
        "directory:duty",
    ),
    "substitute": Act(services.substitute, _substitute, here.duty_page, "directory:duty"),
    "end-substitution": Act(
        services.end_substitution,
        lambda typed: {"substitution_id": forms.needed_id(typed, "id")},
        here.duty_page,
        "directory:duty",
    ),
    "add-organisation": Act(_add_organisation, _organisation, tree.tree_page, "directory:organisations"),
    "set-superior": Act(services.set_superior, _superior, tree.one_page, "directory:organisation"),
    "appoint": Act(services.appoint, _appointed, tree.one_page, "directory:organisation"),
    "end-post": Act(
        services.end_post,
        lambda typed: {"post_id": forms.needed_id(typed, "id")},
        tree.one_page,
        "directory:organisation",
    ),
}


@never_cache
@login_required
def act(request: HttpRequest, name: str, *, categories: Categories) -> HttpResponse:
    """Do it and lead back to the page; or show the page as it is now, the form open with what was typed and why not."""
    if name not in ACTS:
        raise Http404
    chosen, now = ACTS[name], timezone.now()
    actor = shown.actor_of(request)
    if request.method != "POST":
        return redirect("directory:organisations" if chosen.route == "directory:organisation" else chosen.route)
    typed = request.POST
    try:
        given = chosen.takes(typed)
        services.do_once(
            actor=actor,
            key=forms.key_of(typed),
            fingerprint=_fingerprint(name, typed),
            act=lambda: chosen.verb(actor=actor, now=now, **given),
            now=now,
        )
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        failed = Failed(name=name, field=forms.field_of(problem), message=problem.message, typed=typed)
        return chosen.page(request, categories, failed=failed, status=problem.status)
    return _back(request, chosen, name)


def _fingerprint(name: str, typed: QueryDict) -> str:
    """The form's content, whatever its token. Keyed: a plain hash would tell an identity number to whoever tries them all."""
    content = {field: typed.getlist(field) for field in sorted(typed) if field not in ("csrfmiddlewaretoken", "key")}
    return fingerprint(f"{name}{json.dumps(content)}", scope="directory.act")


def _back(request: HttpRequest, chosen: Act, name: str) -> HttpResponse:
    code = str(request.POST.get("organisation", ""))
    way: HttpResponse
    if chosen.route == "directory:organisation" and code:
        way = redirect(chosen.route, code=code)
    else:
        way = redirect(chosen.route if chosen.route != "directory:organisation" else "directory:organisations")
    on = shown.asked_day(request)[0]
    if request.GET.get("on"):
        way["Location"] += f"?on={on.isoformat()}"
    way["Location"] += f"#{name}"
    return way
