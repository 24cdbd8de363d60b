"""The first administrator of an empty installation: a code from the data folder opens this page once, for whoever set it up."""

import hmac
import os
import secrets
from pathlib import Path

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pianqu.composition.desk.account import set_password
from pianqu.composition.signing.sessions import remember
from pianqu.foundation import throttle
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem
from pianqu.foundation.ids import new_id
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.kernels import words
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation

CODE = "setup-code"
BY_ADDRESS = "setup.code"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def ensure_code(data: Path) -> None:
    """Where nobody can sign in yet, a code lies in the data folder, readable by its owner only."""
    path = data / CODE
    if Account.objects.exists():
        path.unlink(missing_ok=True)
        return
    if path.exists():
        return
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("-".join(secrets.token_hex(2) for _part in range(4)))


@never_cache
@sensitive_post_parameters("password", "again", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The form; afterwards there is no such page any more."""
    if Account.objects.exists() or not _code():
        raise Http404
    if request.method != "POST":
        return _ask(request, "", 200)
    try:
        account = _made(request)
    except Problem as problem:
        return _ask(request, problem.message, problem.status)
    login(request, account, backend=BACKEND)
    remember(request, account, timezone.now())
    return redirect("/desk/")


def _code() -> str:
    path = installation().data / CODE
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _ask(request: HttpRequest, error: str, status: int) -> HttpResponse:
    typed = {name: request.POST.get(name, "")[:64] for name in ("login", "name", "district", "code")}
    return render(request, "composition/setup.html", {"typed": typed, "error": error}, status=status)


def _made(request: HttpRequest) -> Account:
    """The account with its post, and the district with its centre. Raises Invalid, TooMany; nothing is kept then."""
    typed, now = request.POST, timezone.now()
    address = request.META.get("REMOTE_ADDR", "")
    throttle.check_open(scope=BY_ADDRESS, party=address, now=now)
    if not hmac.compare_digest(typed.get("code", "").strip().encode(), _code().encode()):
        throttle.count_wrong(scope=BY_ADDRESS, party=address, now=now)
        raise Invalid("setup-code", _("This is not the code in the file setup-code of the data folder."))
    account = Account(id=new_id(), login=typed.get("login", "").strip(), name=words.clean(typed.get("name", ""))[:64])
    district = words.clean(typed.get("district", ""))[:40]
    if not district:
        raise Invalid("setup-district", _("Please write how the district is called."))
    try:
        account.full_clean(exclude=["password"])
    except ValidationError as error:
        raise Invalid("setup-account", " ".join(error.messages)) from error
    with transaction.atomic():
        if Account.objects.select_for_update().exists():
            raise Invalid("setup-done", _("Somebody was faster: there is an administrator already."))
        set_password(account, typed.get("password", ""), typed.get("again", ""))
        _appoint(account, district)
    (installation().data / CODE).unlink(missing_ok=True)
    return account


def _appoint(account: Account, district: str) -> None:
    now, code = timezone.now(), installation().district_code
    actor, centre = Actor(kind="system", organisation_code=code), casework.centre_code()
    bodies = [
        NewOrganisation(code=code, kind="district", name=district, short_name=district),
        NewOrganisation(
            code=centre,
            kind="centre",
            name=f"{district}社会治理中心",
            short_name="区中心",
            name_en="Centre of the district",
            parent_code=code,
        ),
    ]
    directory.add_organisations(actor=actor, items=bodies, valid_from=timezone.localdate(now), now=now)
    directory.appoint(
        actor=actor, account_id=account.id, organisation_code=centre, kind="administrator", title="管理员", now=now
    )
