"""Signing in by the identity service: the way there and back (allauth speaks the protocol), and how an account is connected.

Nobody becomes a colleague by signing in there: only an account whose holder connected it, after the password, is let in.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as social_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException

from pianqu.composition import me, sign
from pianqu.composition.desk.account import check_present_password, whose
from pianqu.composition.signing import outside, stages
from pianqu.foundation.errors import Problem
from pianqu.foundation.models import Account

MAY_CONNECT, LASTS = "outside", timedelta(minutes=10)
"""Under this name a session keeps when the password was given, and how long that is good for connecting."""
_BROKEN = (RequestException, OAuth2Error, ValueError, TypeError, LookupError)
"""What a service that is down, or answers nonsense, makes the library raise."""


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth takes it from SOCIALACCOUNT_ADAPTER: it asks here what becomes of whoever comes back."""

    def on_authentication_error(self, request: HttpRequest, *_given: Any, **_named: Any) -> None:
        raise ImmediateHttpResponse(_vouched(request, None) if _of_resident(request) else _refused(request))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if _of_resident(request):
            raise ImmediateHttpResponse(_vouched(request, sociallogin.account.extra_data))
        raise ImmediateHttpResponse(_arrived(request, sociallogin, timezone.now()))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class Door(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Checks the ID token's signature also where it came by TLS, and lets nothing but the subject in."""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        login = super().complete_login(request, app, token, **kwargs)
        told = login.account.extra_data if _of_resident(request) else {}
        login.account.extra_data, login.email_addresses = told, []
        return login

    def _decode_id_token(self, app: Any, id_token: str) -> Any:
        return jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Off to the service, to sign in there, or to connect one's account with it."""
    _check_there()
    process = AuthProcess.LOGIN
    if request.GET.get("connect") == "1":
        if not _may_connect(request, timezone.now()):
            return redirect("outside")
        process = AuthProcess.CONNECT
    try:
        provider = social_adapter().get_provider(request, outside.PROVIDER)
        answer: HttpResponse = provider.redirect(request, process=process, next_url=sign.wanted(request))
    except _BROKEN:
        return _refused(request)
    return answer


@never_cache
@require_safe
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the service, with a code for whoever signed in there."""
    there = {outside.PROVIDER: outside.service(), outside.VOUCHER: outside.voucher()}
    if not there.get(provider_id):
        raise Http404
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(Door(request, provider_id))(request)
    except _BROKEN:
        return _vouched(request, None) if _of_resident(request) else _refused(request)
    return answer


def _of_resident(request: HttpRequest) -> bool:
    """Whether somebody comes back from the service that says who residents are."""
    match = request.resolver_match
    return bool(match and match.kwargs.get("provider_id") == outside.VOUCHER)


def _vouched(request: HttpRequest, told: dict[str, Any] | None) -> HttpResponse:
    """Back on the resident's own page, with what the service said of them; nothing, where it said nothing."""
    claims = told.get("id_token", told) if told is not None else None
    return me.vouched(request, claims if isinstance(claims, dict) else None)


@never_cache
@require_safe
def prove(request: HttpRequest) -> HttpResponse:
    """A resident goes off to the service that says who residents are."""
    if not outside.voucher():
        raise Http404
    if me.known(request) is None:
        return redirect("me")
    try:
        provider = social_adapter().get_provider(request, outside.VOUCHER)
        answer: HttpResponse = provider.redirect(request, process=AuthProcess.LOGIN, next_url="/me/")
    except _BROKEN:
        return _vouched(request, None)
    return answer


def _check_there() -> None:
    if not outside.service():
        raise Http404


def _refused(request: HttpRequest) -> HttpResponse:
    sentence = _("%(service)s did not say who you are. Please try again, or use name and password.")
    return sign.ask(request, sign.DESK, sentence % {"service": outside.service()}, 422)


def _arrived(request: HttpRequest, login: Any, now: datetime) -> HttpResponse:
    """Somebody whom the service knows: a colleague, somebody who connects an account, or a stranger here."""
    if login.state.get("process") == AuthProcess.CONNECT:
        return _connect(request, login.account.uid, now)
    account = login.user
    if not login.is_existing or not isinstance(account, Account) or not account.is_active:
        sentence = _(
            "No account here is connected with this identity. Sign in by name and password, then connect yours."
        )
        return sign.ask(request, sign.DESK, sentence, 422)
    wanted = login.state.get("next") or sign.DESK
    return sign.onwards(request, stages.begin(request, account, wanted=wanted, now=now), now)


def _connect(request: HttpRequest, subject: str, now: datetime) -> HttpResponse:
    if not _may_connect(request, now):
        return redirect("outside")
    request.session.pop(MAY_CONNECT)
    account = whose(request)
    try:
        outside.connect(account=account, subject=subject, now=now)
    except Problem as problem:
        return _page(request, account, error=problem.message, status=problem.status)
    return redirect("outside")


def _may_connect(request: HttpRequest, now: datetime) -> bool:
    given = request.session.get(MAY_CONNECT, "") if request.user.is_authenticated else ""
    return bool(given) and timedelta(0) <= now - datetime.fromisoformat(given) < LASTS


@never_cache
@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Whether one's account is connected; after the password, the way to connect it, or no connection any more."""
    _check_there()
    account, now = whose(request), timezone.now()
    if request.method != "POST":
        return _page(request, account)
    try:
        check_present_password(account, request.POST.get("password", ""), now)
    except Problem as problem:
        return _page(request, account, error=problem.message, status=problem.status)
    if request.POST.get("step") == "off":
        outside.disconnect(account)
    else:
        request.session[MAY_CONNECT] = now.isoformat()
    return redirect("outside")


def _page(request: HttpRequest, account: Account, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "account": account,
        "service": outside.service(),
        "since": outside.connected_since(account),
        "may_connect": _may_connect(request, timezone.now()),
        "error": error,
    }
    return render(request, "composition/outside.html", context, status=status)
