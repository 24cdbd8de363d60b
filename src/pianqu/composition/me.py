"""A resident's own pages: known by a confirmed contact; their matters, how sure the house is of them, and the way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pianqu.composition import known as by_contact
from pianqu.composition import portal
from pianqu.composition.signing import outside
from pianqu.foundation import onetime, residentpass
from pianqu.foundation.crypto import decrypt, encrypt
from pianqu.foundation.errors import Absent, Invalid, Problem, as_problem
from pianqu.foundation.reached import Reached
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services as roll
from pianqu.rooms.directory.queries import ResidentCard

ASKED = "me"
"""Under this name a session keeps to whom a code was sent: sealed, since sessions lie in the database."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a code went, and what to tell of it. `code` only where the demo has no other way to say it."""

    to: Reached
    note: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was refused: at which field, and what stood there."""

    field: str
    message: str
    typed: str = ""


def known(request: HttpRequest) -> ResidentCard | None:
    """Whom this device's pass names. No statement without a pass, else one."""
    mine = residentpass.held(request)
    return directory.resident(mine[0], since=mine[1]) if mine else None


@never_cache
@sensitive_post_parameters("contact", "code", "number")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Who one is and what one reported; or the way to be known by a code."""
    card = known(request)
    if request.method != "POST":
        return _mine(request, card) if card else _ask(request, _asked(request))
    step = request.POST.get("step", "")
    if step not in (_ACTS if card else _DOORS):
        return redirect("me")
    now = timezone.now()
    try:
        return _ACTS[step](request, card, now) if card else _DOORS[step](request, now)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        wrong = Wrong(step, problem.message, request.POST.get(_FIELD.get(step, ""), "")[:120])
        status = problem.status
        return _mine(request, card, wrong, status) if card else _ask(request, _asked(request), wrong, status)


_FIELD = {"ask": "contact", "add": "code"}
"""The field whose text stands in the page again when its step was refused. Codes and numbers never do."""


# not known yet -------------------------------------------------------------------------------------------------------


def _ask(request: HttpRequest, asked: Asked | None, wrong: Wrong | None = None, status: int = 200) -> HttpResponse:
    context = {"asked": asked, "wrong": wrong}
    return render(request, "composition/me_ask.html", context, status=status)


def _send(request: HttpRequest, now: datetime) -> HttpResponse:
    """A code to the contact that was typed."""
    address = request.META.get("REMOTE_ADDR", "")
    sent = by_contact.send_code(request.POST.get("contact", ""), address=address, now=now)
    kept = {"kind": sent.to.kind, "to": _seal(sent.to.value), "at": now.isoformat(), "code": sent.shown}
    request.session[ASKED] = kept | {"outbox": sent.to_outbox}
    return redirect("me")


_PLACE = {"table": "session", "column": ASKED, "row": "contact"}


def _seal(text: str) -> str:
    return encrypt(text, **_PLACE)


def _asked(request: HttpRequest) -> Asked | None:
    """To whom a code is on its way from this browser, while it is good."""
    kept = request.session.get(ASKED)
    if not kept or not timezone.now() < datetime.fromisoformat(kept["at"]) + onetime.LIFE:
        return None
    note = _("No way to send it is connected here: the operator finds it in the outbox folder.")
    return Asked(
        Reached(kept["kind"], decrypt(kept["to"], **_PLACE)),
        note=note if kept["outbox"] and not kept["code"] else "",
        code=kept["code"],
    )


def _confirm(request: HttpRequest, now: datetime) -> HttpResponse:
    """The code came back: this device knows the person from now on."""
    asked = _asked(request)
    if asked is None:
        raise Absent("code-none", _("The code was for ten minutes. Please ask for a new one."))
    code = request.POST.get("code", "")
    onetime.check(to=asked.to.value, code=code, now=now)
    resident_id = roll.confirm_contact(actor=by_contact.resident(), to=asked.to, code=code, now=now)
    del request.session[ASKED]
    response = redirect("me")
    residentpass.give(request, response, resident_id=resident_id, now=now)
    return response


def _other(request: HttpRequest, _now: datetime) -> HttpResponse:
    """Another contact than the one that was typed."""
    request.session.pop(ASKED, None)
    return redirect("me")


_DOORS: Mapping[str, Callable[[HttpRequest, datetime], HttpResponse]] = {
    "ask": _send,
    "confirm": _confirm,
    "other": _other,
}


# known ---------------------------------------------------------------------------------------------------------------


def _mine(request: HttpRequest, card: ResidentCard, wrong: Wrong | None = None, status: int = 200) -> HttpResponse:
    rows = () if card.doubted else casework.own_cases(card.ids)
    names = portal.Names()
    context = {
        "me": card,
        "step": {directory.CONFIRMED: 1, directory.PROVEN: 2}[card.level],
        "matters": [(names.matter(row.category, row.place_code, row.state, row.opened_at), row) for row in rows],
        "community": names.place(card.area_code) if card.area_code else None,
        "told": [] if card.doubted else by_contact.told_of(card),
        "voucher": outside.voucher(),
        "wrong": wrong,
        "done": request.GET.get("done", ""),
    }
    return render(request, "composition/me.html", context, status=status)


def _done(what: str) -> HttpResponse:
    response = redirect("me")
    response["Location"] += f"?done={what}"
    return response


def _add(request: HttpRequest, card: ResidentCard, now: datetime) -> HttpResponse:
    address = request.META.get("REMOTE_ADDR", "")
    by_contact.add_matter(card, request.POST.get("code", ""), address=address, now=now)
    return _done("added")


def _number(request: HttpRequest, card: ResidentCard, now: datetime) -> HttpResponse:
    """After a long time the contact may be another person's: the identity number says it is not."""
    number = request.POST.get("number", "")
    directory.check_number(card.resident_id, number, now=now)
    roll.restore_proof(actor=by_contact.resident(), resident_id=card.resident_id, number=number, now=now)
    return _done("restored")


def _not_me(_request: HttpRequest, card: ResidentCard, now: datetime) -> HttpResponse:
    """The contact came to somebody else."""
    roll.not_me(actor=by_contact.resident(), resident_id=card.resident_id, now=now)
    return _forgotten()


def _out(_request: HttpRequest, _card: ResidentCard, _now: datetime) -> HttpResponse:
    return _forgotten()


def _everywhere(_request: HttpRequest, card: ResidentCard, now: datetime) -> HttpResponse:
    roll.end_passes(actor=by_contact.resident(), resident_id=card.resident_id, now=now)
    return _forgotten()


def _leave(request: HttpRequest, card: ResidentCard, now: datetime) -> HttpResponse:
    by_contact.check_not_doubted(card)
    if request.POST.get("sure") != "1":
        raise Invalid("leave-unsure", _("Please tick that you know it cannot be undone. Nothing was changed."))
    by_contact.leave(actor=by_contact.resident(), card=card, now=now)
    return _forgotten()


def _forgotten() -> HttpResponse:
    response = redirect("me")
    residentpass.take(response)
    return response


_ACTS: Mapping[str, Callable[[HttpRequest, ResidentCard, datetime], HttpResponse]] = {
    "add": _add,
    "number": _number,
    "not-me": _not_me,
    "out": _out,
    "everywhere": _everywhere,
    "leave": _leave,
}


# the identity service ------------------------------------------------------------------------------------------------


def vouched(request: HttpRequest, claims: dict[str, Any] | None) -> HttpResponse:
    """Back from the service with what it says of the person, or with nothing."""
    card, now = known(request), timezone.now()
    if card is None:
        return redirect("me")
    try:
        name, number = _read(claims)
        resident_id = roll.prove_by_service(
            actor=by_contact.resident(), resident_id=card.resident_id, name=name, number=number, now=now
        )
    except Problem as problem:
        return _mine(request, card, Wrong("prove", problem.message), problem.status)
    response = _done("proven")
    residentpass.give(request, response, resident_id=resident_id, now=now)
    return response


def _read(claims: dict[str, Any] | None) -> tuple[str, str]:
    told = claims or {}
    name, number = told.get("name"), told.get(settings.PROOF_CLAIM)
    if not isinstance(name, str) or not isinstance(number, str):
        sentence = _("%(service)s did not say who you are. Nothing was changed; you can also go to a window.")
        raise Invalid("proof-missing", sentence % {"service": outside.voucher()})
    return name, number
