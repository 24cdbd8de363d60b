"""One's own second step: on with an app, off again, new recovery codes. Each asks for the password and leaves the others out."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pianqu.composition.desk.account import check_present_password, whose
from pianqu.composition.signing import factors
from pianqu.composition.signing.adapter import Adapter
from pianqu.composition.signing.sessions import end_others
from pianqu.foundation import qr
from pianqu.foundation.errors import Problem
from pianqu.foundation.models import Account

DRAWN = "second-step"
"""Under this name a session keeps the sealed secret until the app has shown that it knows it."""


@never_cache
@sensitive_post_parameters("password", "code")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """How it stands; or what was done. Recovery codes are shown this once."""
    account, now = whose(request), timezone.now()
    if request.method != "POST":
        return _page(request, account)
    wanted = request.POST.get("step", "")
    try:
        check_present_password(account, request.POST.get("password", ""), now)
        codes = _changed(request, account, wanted, now)
    except Problem as problem:
        return _page(request, account, error=problem.message, where=wanted, status=problem.status)
    end_others(request, account)
    if codes is None:
        return redirect("account")
    return render(request, "composition/recovery_codes.html", {"account": account, "codes": codes, "at": now})


def _changed(request: HttpRequest, account: Account, wanted: str, now: datetime) -> tuple[str, ...] | None:
    """Do it; the new recovery codes, or None where it is off now."""
    if wanted == "on":
        codes = factors.turn_on(account=account, secret=_secret(request), code=request.POST.get("code", ""), now=now)
        del request.session[DRAWN]
        return codes
    if wanted == "codes":
        return factors.fresh_codes(account)
    factors.turn_off(account)
    return None


def _secret(request: HttpRequest) -> str:
    """The one drawn for this session, so that a wrong code does not ask for another scan."""
    sealed = request.session.get(DRAWN)
    if sealed:
        return Adapter().decrypt(sealed)
    secret = factors.draw_secret()
    request.session[DRAWN] = Adapter().encrypt(secret)
    return secret


def _page(
    request: HttpRequest, account: Account, *, error: str = "", where: str = "", status: int = 200
) -> HttpResponse:
    step = factors.second_step(account)
    context: dict[str, object] = {"account": account, "step": step, "error": error, "where": where}
    if step is None:
        secret = _secret(request)
        context["secret"] = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        context["qr"] = qr.picture(
            factors.link(account, secret), _("QR code for the app; the secret below says the same")
        )
    return render(request, "composition/second_step.html", context, status=status)
