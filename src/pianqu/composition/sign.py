"""Sign-in for staff: name and password, the second step where it is on, an own password in place of a one-time one. Five wrong
tries lock for an hour, back only to a page of this house."""

from datetime import datetime

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from pianqu.composition.desk.account import set_password
from pianqu.composition.signing import factors, locks, outside, passkeys, stages
from pianqu.composition.signing.sessions import forget, remember
from pianqu.composition.signing.stages import Pending
from pianqu.foundation.errors import Invalid, TooMany
from pianqu.foundation.models import Account

BACKEND = "django.contrib.auth.backends.ModelBackend"
DESK = "/desk/"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, or the way to where one wanted to go."""
    goal, now = wanted(request), timezone.now()
    if request.method != "POST":
        return redirect(goal) if request.user.is_authenticated else ask(request, goal, "", 200)
    try:
        account = _check(request, now)
    except (Invalid, TooMany) as problem:
        return ask(request, goal, problem.message, problem.status)
    return onwards(request, stages.begin(request, account, wanted=goal, now=now), now)


def _check(request: HttpRequest, now: datetime) -> Account:
    """Whose name and password these are. Raises Invalid with one sentence for every wrong pair, TooMany while locked."""
    name = request.POST.get("login", "").strip()[:64]
    locks.check_open(request, name, now)
    account = authenticate(request, username=name, password=request.POST.get("password", "")) if _sane(name) else None
    if not isinstance(account, Account):
        locks.count_wrong(request, name, now)
        raise Invalid("sign-in-wrong", _("Name and password do not belong together. Please try again."))
    if account.once_until and now >= account.once_until:
        sentence = _("This one-time password is too old. Please ask whoever keeps the directory for another one.")
        raise Invalid("sign-in-late", sentence)
    return account


def onwards(request: HttpRequest, one: Pending, now: datetime) -> HttpResponse:
    """The next page of the way in; behind the last one, the browser is signed in and its wrong tries are forgiven."""
    if page := stages.next_page(one):
        return redirect(page)
    stages.end(request)
    locks.forgive(one.account.login)
    login(request, one.account, backend=BACKEND)
    remember(request, one.account, now)
    return redirect(one.wanted)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app or a recovery code. Wrong ones count with wrong passwords."""
    now = timezone.now()
    one = stages.pending(request, now)
    if one is None:
        return redirect("sign_in")
    if request.method != "POST":
        return render(request, "composition/sign_in_second.html", {})
    try:
        _check_code(request, one.account, now)
    except (Invalid, TooMany) as problem:
        return render(request, "composition/sign_in_second.html", {"error": problem.message}, status=problem.status)
    return onwards(request, stages.passed_second(request, one), now)


@never_cache
@sensitive_post_parameters("new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def own_password(request: HttpRequest) -> HttpResponse:
    """A one-time password opens this page only: here another one takes its place."""
    now = timezone.now()
    one = stages.pending(request, now)
    if one is None or stages.next_page(one) != "sign_in_password":
        return redirect("sign_in")
    context = {"login": one.account.login}
    if request.method != "POST":
        return render(request, "composition/sign_in_password.html", context)
    try:
        _take_own(one.account, request.POST.get("new", ""), request.POST.get("again", ""))
    except Invalid as problem:
        context["error"] = problem.message
        return render(request, "composition/sign_in_password.html", context, status=problem.status)
    return onwards(request, one, now)


def _take_own(account: Account, new: str, again: str) -> None:
    if account.check_password(new):
        raise Invalid("password-same", _("Please choose another password than the one-time one."))
    set_password(account, new, again)


def _check_code(request: HttpRequest, account: Account, now: datetime) -> None:
    locks.check_open(request, account.login, now)
    if not factors.accept(account=account, code=request.POST.get("code", ""), now=now):
        locks.count_wrong(request, account.login, now)
        sentence = _("This code is not right, or was used already. Please wait for the next one and try again.")
        raise Invalid("second-step-wrong", sentence)


@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """The question for the device: JSON, because a script passes it on."""
    return JsonResponse(passkeys.options_for_sign_in())


@never_cache
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in by the device's answer: it stands for password and second step. Wrong ones count by address."""
    goal, now = wanted(request), timezone.now()
    try:
        locks.check_address(request, now)
        account = _owner(request, now)
    except (Invalid, TooMany) as problem:
        return ask(request, goal, problem.message, problem.status)
    return onwards(request, stages.begin(request, account, wanted=goal, second=True, now=now), now)


def _owner(request: HttpRequest, now: datetime) -> Account:
    try:
        return passkeys.whose(answer=request.POST.get("credential", ""), now=now)
    except Invalid:
        locks.count_address(request, now)
        raise


def _sane(name: str) -> bool:
    return bool(name) and "\x00" not in name


def wanted(request: HttpRequest) -> str:
    """Where to go afterwards: the asked page if it is one of ours, else the desk."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if ours else DESK


def ask(request: HttpRequest, goal: str, error: str, status: int) -> HttpResponse:
    """The form, with what went wrong."""
    typed = request.POST.get("login", "")[:64]
    context = {"next": goal, "error": error, "login": typed, "service": outside.service()}
    return render(request, "composition/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session."""
    forget(request)
    logout(request)
    return redirect("/")
