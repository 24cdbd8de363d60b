"""Somebody's own page: in which post to act, where one is signed in, a new password."""

import uuid
from datetime import datetime

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from pianqu.composition.signing import factors, outside, passkeys, sessions
from pianqu.foundation import throttle
from pianqu.foundation.actor import CHOSEN_POST
from pianqu.foundation.errors import Absent, Invalid, Problem
from pianqu.foundation.models import Account, SignIn
from pianqu.rooms.directory import queries as directory

BY_PASSWORD = "password.change"


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, error: str = "", where: str = "", status: int = 200) -> HttpResponse:
    account, now = whose(request), timezone.now()
    actor = directory.acting(account.id, request.session.get(CHOSEN_POST, ""), now)
    context = {
        "account": account,
        "posts": directory.posts_of(account.id, now),
        "acting": actor.acting_post_id if actor else "",
        "sessions": _sessions(account, request),
        "second_step": factors.second_step(account),
        "service": outside.service(),
        "connected": bool(outside.service() and outside.connected_since(account)),
        "keys": len(passkeys.passkeys(account)),
        "error": error,
        "where": where,
    }
    return render(request, "composition/account.html", context, status=status)


def whose(request: HttpRequest) -> Account:
    """The account that is signed in."""
    return Account.objects.get(login=request.user.get_username())


def _sessions(account: Account, request: HttpRequest) -> list[tuple[SignIn, bool]]:
    """Each with whether it is this one."""
    rows = sessions.usable(account, timezone.now())
    return [(row, row.session_key == request.session.session_key) for row in rows]


@login_required
@require_POST
def choose_post(request: HttpRequest) -> HttpResponse:
    """Act in another post from now on, in this browser."""
    wanted, now = request.POST.get("post", ""), timezone.now()
    held = {str(card.post_id) for card in directory.posts_of(whose(request).id, now)}
    if wanted not in held:
        sentence = _("You do not hold this post any more. Nothing was changed.")
        return _page(request, error=sentence, where="post", status=409)
    request.session[CHOSEN_POST] = wanted
    return redirect("/desk/")


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out one other browser, or all others."""
    account = whose(request)
    others = SignIn.objects.filter(account=account).exclude(session_key=request.session.session_key)
    if (one := request.POST.get("one", "")) != "":
        others = others.filter(id=_uuid(one))
        if not others.exists():
            raise Absent("session-absent", _("There is no such sign-in any more."))
    sessions.end(list(others))
    return redirect("account")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


@sensitive_post_parameters("old", "new", "again")
@login_required
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; every other browser is signed out."""
    account, now = whose(request), timezone.now()
    try:
        check_present_password(account, request.POST.get("old", ""), now)
        set_password(account, request.POST.get("new", ""), request.POST.get("again", ""))
    except Problem as problem:
        return _page(request, error=problem.message, where="password", status=problem.status)
    sessions.end_others(request, account)
    SignIn.objects.filter(account=account).delete()
    update_session_auth_hash(request, account)
    sessions.remember(request, account, now)
    return redirect("account")


def check_present_password(account: Account, typed: str, now: datetime) -> None:
    """Before anything about signing in is changed. Raises Invalid, and TooMany after five wrong ones."""
    throttle.check_open(scope=BY_PASSWORD, party=str(account.id), now=now)
    if not account.check_password(typed):
        throttle.count_wrong(scope=BY_PASSWORD, party=str(account.id), now=now)
        raise Invalid("password-wrong", _("The present password is not right. Nothing was changed."))


def set_password(account: Account, new: str, again: str) -> None:
    """Raises Invalid with what is wrong with it."""
    if new != again:
        raise Invalid("password-differs", _("The two new passwords are not the same. Nothing was changed."))
    try:
        validate_password(new, account)
    except ValidationError as error:
        raise Invalid("password-weak", " ".join(error.messages)) from error
    account.set_password(new)
    account.once_until = None
    account.save()
