"""Doors of notices: an organisation's inbox, and for administrators what is sent to who reported."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import ACTING, CHOSEN_POST, Actor
from pianqu.foundation.errors import Forbidden, Problem
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.notices import queries, services
from pianqu.rooms.planning import queries as planning

COMPUTED = {
    f"run-{kind}-{state}": route
    for kind, route in {
        "plan": "planning:draft",
        "front": "planning:draft",
        "merge": "planning:merge",
        "sites": "planning:site_study",
    }.items()
    for state in ("done", "failed")
}
"""Kind of a notice about a computation → the page on which it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One notice in the reader's words."""

    icon: str
    says: str
    case: casework.CaseRow | None
    """None where the organisation does not see the matter any more."""
    notice: queries.NoticeCard
    link: str = ""
    """Of what was computed."""
    title: str = ""


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = directory.acting(uuid.UUID(str(request.user.pk)), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        sentence = _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        raise Forbidden("no-post", sentence)
    setattr(request, ACTING, actor)
    return actor


@never_cache
@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What happened that concerns the actor's organisation, the newest first."""
    actor = actor_of(request)
    found = queries.inbox_for(actor, now=timezone.now())
    cases = casework.rows_for(actor, {notice.case_id for notice in found})
    titles = planning.computed_titles(notice.case_id for notice in found if notice.kind in COMPUTED)
    lines = [_line(notice, cases.get(notice.case_id), titles.get(notice.case_id, "")) for notice in found]
    context = {
        "lines": lines,
        "unread": sum(notice.unread for notice in found),
        "up_to": found[0].position if found else -1,
        "may_clear": actor.acts,
        "sees_sending": directory.may_change_directory(actor),
        "title": directory.title_of_post(actor),
    }
    return render(request, "notices/inbox.html", context)


@never_cache
@login_required
def clear(request: HttpRequest) -> HttpResponse:
    """The organisation is done with what stood on the page."""
    text = request.POST.get("up_to", "")
    if request.method == "POST" and text.isascii() and text.isdigit() and len(text) < 16:
        services.clear_inbox(actor=actor_of(request), up_to=int(text), now=timezone.now())
    return redirect("notices:inbox")


@never_cache
@login_required
@require_safe
def sending(request: HttpRequest) -> HttpResponse:
    """What was sent, waits, failed or is in doubt."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    names = states()
    state = state if state in names else ""
    here = installation()
    context = {
        "sending": (found := queries.sending_for(actor, state=state)),
        "counts": [(name, word, found.counts.get(name, 0)) for name, word in names.items()],
        "state": state,
        "names": names,
        "kinds": kinds(),
        "channels": {"sms": _("Text message"), "mail": _("Mail")},
        "sms": bool(here.sms_url),
        "mail": bool(here.mail_from),
        "title": directory.title_of_post(actor),
    }
    return render(request, "notices/sending.html", context)


@never_cache
@login_required
def settle(request: HttpRequest, outgoing_id: uuid.UUID) -> HttpResponse:
    """What became of a message in doubt."""
    if request.method == "POST":
        outcome = request.POST.get("outcome", "")
        try:
            services.settle_send(actor=actor_of(request), outgoing_id=outgoing_id, outcome=outcome, now=timezone.now())
            messages.success(request, _("Written down. It takes effect within a second or two."))
        except Forbidden:
            raise
        except Problem as problem:
            messages.error(request, problem.message)
    return redirect("notices:sending")


def states() -> dict[str, str]:
    """States of a message in words."""
    return {
        "waiting": pgettext("message", "Waiting"),
        "sending": _("Being sent"),
        "sent": pgettext("message", "Sent"),
        "failed": _("Failed"),
        "doubtful": _("In doubt"),
        "dropped": _("Not sent any more"),
    }


def kinds() -> dict[str, str]:
    """What a message is about."""
    return {
        "accepted": _("Accepted"),
        "resolved": _("Answered"),
        "reopened": _("Looked at again"),
        "later": _("Takes longer"),
        "closed": _("Closed"),
    }


def _line(notice: queries.NoticeCard, case: casework.CaseRow | None, title: str) -> Line:
    icon, says = _says().get(notice.kind, ("bell", _("Something happened")))
    link = reverse(COMPUTED[notice.kind], args=[notice.case_id]) if title else ""
    return Line(icon=icon, says=says, case=case, notice=notice, link=link, title=title)


def _says() -> dict[str, tuple[str, str]]:
    return {
        "case-dispatched": ("send", _("Given to you")),
        "task-joined": ("users", _("You are asked to help")),
        "task-returned": ("arrow-back-up", _("Given back to the centre")),
        "task-done": ("check", _("A helper has done its part")),
        "dispatch-objected": ("flag", _("Objects to the dispatch: please decide")),
        "objection-reviewed": ("scale", _("Your objection was decided")),
        "ping-pong-alarmed": ("alert-triangle", _("Passed to and fro")),
        "platform-changed": ("switch-horizontal", _("Moved to another platform: who led it leads it no longer")),
        "platform-ping-pong": ("alert-triangle", _("Passed to and fro between platforms")),
        "joint-called": ("users", _("You are called to handle it together")),
        "colleagues-mentioned": ("message", _("A note mentions somebody of yours")),
        "extension-asked": ("clock", _("More time is asked for: a leader decides")),
        "extension-decided": ("clock", _("More time was decided on")),
        "case-opened": ("alarm", _("Sounds dangerous: please look at it at once")),
        "case-extended": ("message-plus", _("Who reported it added something")),
        "case-withdrawn": ("arrow-back-up", _("Withdrawn by who reported it")),
        "case-rated": ("alert-triangle", _("The answer was rated badly")),
        "case-reopened": ("rotate", _("Reopened: the answer did not settle it")),
        "case-supervised": ("bell", _("A leader presses for it")),
        "supervision-answered": ("message", _("The supervision is answered: please decide")),
        "supervision-accepted": ("check", _("The leader accepts your answer")),
        "supervision-repeated": ("bell", _("A leader presses for it again")),
        "supervision-lifted": ("x", _("The supervision is lifted")),
        "supervision-due-soon": ("hourglass", _("Your answer to a leader is due soon")),
        "supervision-escalated": ("trending-up", _("An answer to a leader is overdue")),
        "due-soon": ("hourglass", _("Due soon")),
        "case-escalated": ("trending-up", _("Overdue: gone up the line")),
        "task-escalated": ("trending-up", _("A helper's date has passed")),
        "case-handed-over": ("refresh", _("Handed over to you by a reorganisation")),
        "case-rehomed": ("refresh", _("Handed over to you: its community lies in your cluster now")),
        "whistle-blown": ("bell", _("You are called to the spot: please answer")),
        "whistle-answered": ("send", _("A called department comes")),
        "whistle-objected": ("flag", _("A called department objects: a leader decides")),
        "whistle-decided": ("scale", _("Your objection to a call was decided")),
        "whistle-arrived": ("map-pin", _("A called department is there")),
        "whistle-finished": ("circle-check", _("A called department has finished")),
        "whistle-due-soon": ("hourglass", _("A call to the spot is due soon")),
        "whistle-escalated": ("trending-up", _("A call to the spot was not answered in time: gone up the line")),
        "force-formed": ("users", _("You take part in a joint task force")),
        "force-given": ("users", _("A joint task force of yours was given this matter")),
        "force-ended": ("archive", _("A joint task force of yours has ended: read its report")),
        "letter-offered": ("transfer", _("Another district offers a matter: please decide")),
        "letter-declined": ("arrow-back-up", _("The other system does not take it")),
        "letter-refused": ("alert-triangle", _("The other system could not do what was asked")),
        "webhook-silent": ("alert-triangle", _("Another system takes no messages")),
        "webhook-back": ("circle-check", _("Another system takes its messages again")),
        "run-plan-done": ("circle-check", _("The plan that you asked for is computed")),
        "run-front-done": ("circle-check", _("The choice of plans that you asked for is computed")),
        "run-merge-done": ("circle-check", _("The departments' grids are merged, as you asked")),
        "run-sites-done": ("circle-check", _("The study of sites that you asked for has its answer")),
        "run-plan-failed": ("alert-triangle", _("The plan that you asked for was not found: read why")),
        "run-front-failed": ("alert-triangle", _("The choice of plans that you asked for was not found: read why")),
        "run-merge-failed": ("alert-triangle", _("The merge that you asked for failed: read why")),
        "run-sites-failed": ("alert-triangle", _("The study of sites that you asked for failed: read why")),
        "letter-withdrawn": ("arrow-back-up", _("The other district takes its matter back")),
    }


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """Other systems that are told of facts; a new one's secret is shown on the page that adds it, and never again."""
    actor, secret, error, wrong, status = actor_of(request), "", "", "", 200
    groups, asked = queries.webhook_groups(), set(request.POST.getlist("groups"))
    kinds = [*request.POST.getlist("kinds"), *(kind for group in groups if group in asked for kind in groups[group])]
    if request.method == "POST":
        try:
            secret = services.add_webhook(
                actor=actor,
                name=request.POST.get("name", ""),
                url=request.POST.get("url", ""),
                kinds=kinds,
                now=timezone.now(),
            )
        except Forbidden:
            raise
        except Problem as problem:
            error, wrong, status = problem.message, problem.code.removeprefix("webhook-"), problem.status
    context = {
        "hooks": queries.webhooks_for(actor),
        "groups": [
            (
                group,
                name,
                groups[group].items(),
                group in asked and bool(error),
                bool(error and set(kinds) & set(groups[group])),
            )
            for group, name in _groups().items()
        ],
        "names": queries.webhook_kinds(),
        "chosen": kinds if error else (),
        "wrong": wrong,
        "typed": request.POST if error else {},
        "secret": secret,
        "error": error,
        "title": directory.title_of_post(actor),
    }
    return render(request, "notices/webhooks.html", context, status=status)


def _groups() -> dict[str, str]:
    """What another system may be told of, by subject."""
    return {
        "matters": pgettext("webhook", "What happens to a matter"),
        "dispatch": pgettext("webhook", "Dispatch, help, platforms and calls to the spot"),
        "supervision": pgettext("webhook", "Supervision, call-backs and reports"),
        "causes": pgettext("webhook", "Root causes and measures"),
        "rules": pgettext("webhook", "Rules, terms and templates"),
        "house": pgettext("webhook", "Lists, tables and models"),
    }


@never_cache
@login_required
def drop(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Tell that system of nothing any more."""
    return _about_webhook(request, webhook_id, services.drop_webhook)


@never_cache
@login_required
def retry(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Tell that system again what it never took."""
    return _about_webhook(request, webhook_id, services.retry_webhook)


def _about_webhook(request: HttpRequest, webhook_id: uuid.UUID, act: Callable[..., object]) -> HttpResponse:
    if request.method == "POST":
        try:
            act(actor=actor_of(request), webhook_id=webhook_id, now=timezone.now())
        except Forbidden:
            raise
        except Problem as problem:
            messages.error(request, problem.message)
    return redirect("notices:webhooks")
