"""Accounts, for administrators: who may sign in, a list of colleagues from Excel, a new way in for somebody who lost theirs."""

import uuid
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pianqu.composition.desk.uploads import sent_list
from pianqu.composition.desk.who import administrator
from pianqu.composition.desk.workbooks import workbook_answer
from pianqu.composition.importing import accounts as importing
from pianqu.composition.importing.accounts import LARGEST, Slip, Staff
from pianqu.composition.signing import once
from pianqu.composition.signing.renewing import renew as renew_access
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.rooms.directory import queries as directory

SHOWN, EACH = 200, 50
"""Faults that the page shows, accounts on a page."""
SALT, SIGNED_S = "account-slips", 3_600


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Who may sign in, with their posts."""
    administrator(request)
    return _list(request)


def _list(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    asked, number = request.GET.get("q", "").replace("\x00", "").strip()[:40], _number(request.GET.get("page", ""))
    found = directory.accounts(asked, first=(number - 1) * EACH, most=EACH)
    last = max(1, -(-found.total // EACH))
    context = {
        "asked": asked,
        "cards": found.cards,
        "total": found.total,
        "error": error,
        "now": timezone.now(),
        "own": request.user.get_username(),
        "previous": number - 1,
        "next": number + 1 if number < last else 0,
    }
    return render(request, "composition/accounts.html", context, status=status)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 10_000 and len(text) < 6 else 1


# from Excel ----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """The form, what is wrong with the list, or the slips of the accounts that were made: shown this once."""
    actor = administrator(request)
    if request.method != "POST":
        return render(request, "composition/take_accounts.html", {})
    skip, now = request.POST.get("skip") == "1", timezone.now()
    context: dict[str, object] = {"skip": skip}
    try:
        staff = _read(request, now)
        context |= _found(staff)
        if request.POST.get("step") != "check" and (skip or not staff.faults):
            return _slips(request, importing.take(staff, actor=actor, now=now), now, passed_over=staff.wrong_lines)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        context["error"] = problem.message
        return render(request, "composition/take_accounts.html", context, status=problem.status)
    return render(request, "composition/take_accounts.html", context, status=Invalid.status if staff.faults else 200)


def _read(request: HttpRequest, now: datetime) -> Staff:
    with sent_list(request, missing=_("Please choose an Excel file (.xlsx)."), largest=LARGEST) as (path, _name):
        return importing.read(path, today=timezone.localdate(now))


def _found(staff: Staff) -> dict[str, object]:
    names = _columns()
    faults = [(fault.number, names[fault.column], fault.reason) for fault in staff.faults]
    return {
        "good": len(staff.people),
        "wrong": staff.wrong_lines,
        "faults": faults[:SHOWN],
        "more": max(0, len(faults) - SHOWN),
    }


def _columns() -> dict[str, str]:
    """What the columns are called in the reader's language."""
    return {
        "name": pgettext("column", "Name"),
        "login": pgettext("column", "Sign-in name"),
        "organisation": pgettext("column", "Organisation"),
        "post": pgettext("column", "Post"),
        "title": pgettext("column", "Title"),
        "valid_from": pgettext("column", "Since"),
    }


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The empty list."""
    administrator(request)
    return workbook_answer(importing.template(), "accounts.xlsx")


# one-time passwords --------------------------------------------------------------------------------------------------


def _slips(request: HttpRequest, made: tuple[Slip, ...], now: datetime, *, passed_over: int = 0) -> HttpResponse:
    """The passwords, on this page only. The page brings them back, signed, for the workbook: nothing is kept here."""
    rows = [(slip.name, slip.login, slip.password, slip.post) for slip in made]
    context = {
        "slips": made,
        "until": once.until(now),
        "address": request.build_absolute_uri("/sign-in/"),
        "passed_over": passed_over,
        "signed": signing.dumps(rows, salt=SALT, compress=True),
    }
    return render(request, "composition/slips.html", context)


@never_cache
@login_required
@require_POST
def slips(request: HttpRequest) -> HttpResponse:
    """The slips of the page that asks, as a workbook."""
    administrator(request)
    try:
        rows = signing.loads(request.POST.get("signed", ""), salt=SALT, max_age=SIGNED_S)
    except signing.BadSignature as error:
        sentence = _("These passwords are older than an hour. Please give new ones where they are missing.")
        raise Invalid("slips-old", sentence) from error
    made = [Slip(name=name, login=login, password=password, post=post) for name, login, password, post in rows]
    return workbook_answer(importing.slips_book(made), "one-time-passwords.xlsx")


@never_cache
@login_required
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """A one-time password for somebody who lost theirs, or the phone of the second step."""
    actor, now = administrator(request), timezone.now()
    try:
        card, password = renew_access(actor=actor, account_id=_uuid(request.POST.get("account", "")), now=now)
    except Problem as problem:
        return _list(request, error=problem.message, status=problem.status)
    post = card.posts[0] if card.posts else ""
    return _slips(request, (Slip(name=card.name, login=card.login, password=password, post=post),), now)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
