"""The identity service of the city or district (OpenID Connect): which account is connected with which subject there."""

from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Refused
from pianqu.foundation.models import Account

PROVIDER, VOUCHER = "oidc", "residents"
"""Colleagues sign in by the one; the other says who residents are. They may be two services."""


def service() -> str:
    """What the colleagues' service is called; empty where none is set up."""
    app = _app(PROVIDER)
    return str(app["name"] or _("Single sign-on")) if app else ""


def voucher() -> str:
    """What the service is called that says who residents are; empty where none is set up."""
    app = _app(VOUCHER)
    return str(app["name"] or _("the identity service")) if app else ""


def _app(provider: str) -> dict[str, Any] | None:
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return next((app for app in apps if app["provider_id"] == provider), None)


def connected_since(account: Account) -> datetime | None:
    """None where the account is not connected. One statement."""
    since: datetime | None = (
        SocialAccount.objects.filter(user=account, provider=PROVIDER).values_list("date_joined", flat=True).first()
    )
    return since


@transaction.atomic
def connect(*, account: Account, subject: str, now: datetime) -> None:
    """From now on this subject signs in as the account. Raises Refused where either is connected already.

    Of what the service tells, only the subject is kept: names and addresses stay there.
    """
    Account.objects.select_for_update().get(id=account.id)
    if SocialAccount.objects.filter(user=account, provider=PROVIDER).exists():
        raise Refused("outside-twice", _("Your account is connected already. Nothing was changed."))
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=account, provider=PROVIDER, uid=subject, extra_data={}, date_joined=now)
    except IntegrityError as error:
        raise Refused(
            "outside-taken", _("That identity is connected with another account. Nothing was changed.")
        ) from error


def disconnect(account: Account) -> None:
    SocialAccount.objects.filter(user=account, provider=PROVIDER).delete()
