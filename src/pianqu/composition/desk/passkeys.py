"""One's own passkeys: which devices sign in without a password; a new one, one less. Each asks for the password."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from pianqu.composition.desk.account import check_present_password, whose
from pianqu.composition.signing import passkeys
from pianqu.composition.signing.sessions import browser_of
from pianqu.foundation.errors import Problem
from pianqu.foundation.models import Account


@never_cache
@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The list; afterwards with what was added or removed."""
    account = whose(request)
    if request.method != "POST":
        return _page(request, account)
    try:
        _change(request, account)
    except Problem as problem:
        where = "remove" if "remove" in request.POST else "add"
        return _page(request, account, error=problem.message, where=where, status=problem.status)
    return redirect("passkeys")


def _change(request: HttpRequest, account: Account) -> None:
    """The password was asked for already where a new key's challenge was drawn: without that there is none to answer."""
    now = timezone.now()
    if "remove" in request.POST:
        check_present_password(account, request.POST.get("password", ""), now)
        passkeys.remove(account=account, key_id=request.POST["remove"])
        return
    name = request.POST.get("name", "").strip() or browser_of(request)
    passkeys.add(account=account, name=name, answer=request.POST.get("credential", ""), now=now)


@never_cache
@sensitive_post_parameters("password")
@login_required
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """The question for the device, after the password: JSON, because a script passes it on."""
    account = whose(request)
    try:
        check_present_password(account, request.POST.get("password", ""), timezone.now())
        return JsonResponse(passkeys.options_for_new(account))
    except Problem as problem:
        return JsonResponse({"error": problem.message}, status=problem.status)


def _page(
    request: HttpRequest, account: Account, *, error: str = "", where: str = "", status: int = 200
) -> HttpResponse:
    context = {"account": account, "keys": passkeys.passkeys(account), "error": error, "where": where}
    return render(request, "composition/passkeys.html", context, status=status)
