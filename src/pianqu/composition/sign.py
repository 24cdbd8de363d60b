"""Sign-in for staff: a name and a password, five wrong tries lock for an hour, back only to a page of this house."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from pianqu.composition.desk.account import forget, remember
from pianqu.foundation import throttle
from pianqu.foundation.errors import Invalid, TooMany

BY_LOGIN, BY_ADDRESS = "sign-in.login", "sign-in.address"
DESK = "/desk/"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, or the way to where one wanted to go."""
    wanted = _wanted(request)
    if request.method != "POST":
        return redirect(wanted) if request.user.is_authenticated else _ask(request, wanted, "", 200)
    try:
        _check(request)
    except (Invalid, TooMany) as problem:
        return _ask(request, wanted, problem.message, problem.status)
    return redirect(wanted)


def _check(request: HttpRequest) -> None:
    """Sign in, or raise Invalid with one sentence for every wrong pair, TooMany while locked."""
    name, now = request.POST.get("login", "").strip()[:64], timezone.now()
    parties = ((BY_LOGIN, name.casefold()), (BY_ADDRESS, request.META.get("REMOTE_ADDR", "")))
    for scope, party in parties:
        throttle.check_open(scope=scope, party=party, now=now)
    account = authenticate(request, username=name, password=request.POST.get("password", "")) if _sane(name) else None
    if account is None:
        for scope, party in parties:
            throttle.count_wrong(scope=scope, party=party, now=now)
        raise Invalid("sign-in-wrong", _("Name and password do not belong together. Please try again."))
    throttle.forgive(scope=BY_LOGIN, party=name.casefold())
    login(request, account)
    remember(request, account, now)


def _sane(name: str) -> bool:
    return bool(name) and "\x00" not in name


def _wanted(request: HttpRequest) -> str:
    """Where to go afterwards: the asked page if it is one of ours, else the desk."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if ours else DESK


def _ask(request: HttpRequest, wanted: str, error: str, status: int) -> HttpResponse:
    context = {"next": wanted, "error": error, "login": request.POST.get("login", "")[:64]}
    return render(request, "composition/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session."""
    forget(request)
    logout(request)
    return redirect("/")
