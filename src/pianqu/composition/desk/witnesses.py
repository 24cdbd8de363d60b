"""Who watches over the ledger: the policy is adopted here, mirrors are named. For the district's administrators."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.composition.desk.who import colleague
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Problem
from pianqu.kernels import policy as policies
from pianqu.kernels.policy import MAX_BYTES, PolicyError
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services

LARGEST = MAX_BYTES + 1
"""Letters that are read: what is longer than any policy is refused as such."""


def check_may_appoint(actor: Actor) -> None:
    """Raise Forbidden for everybody but the district's administrators."""
    if not directory.may_change_directory(actor):
        raise Forbidden(
            "witnesses-forbidden",
            _("Only the district's administrators say who watches over the ledger. Nothing was changed."),
        )


def adopt(*, actor: Actor, text: str, now: datetime) -> int:
    """Put a policy in force, for who may. What the directory knows in English is called so in it, unless it says otherwise."""
    check_may_appoint(actor)
    return services.adopt_policy(actor=actor, text=_named(text), now=now)


def _named(text: str) -> str:
    """The text with remarks for the English names that it lacks; what is no policy is left for others to refuse."""
    try:
        rule = policies.parse(text.encode())
    except (PolicyError, UnicodeEncodeError):
        return text
    known = {card.name: card.name_en for card in directory.all_organisations() if card.name_en}
    named = [one.name for one in rule.witnesses] + [one.name for one in rule.groups]
    names = [name for name in named if name in known and not rule.called(name)]
    remarks = "".join(f"# en {name} {known[name]}\n" for name in names)
    return f"{text.rstrip()}\n{remarks}" if remarks else text


def name_mirror(*, actor: Actor, name: str, vkey: str, url: str, now: datetime) -> int:
    """Compare with a mirror, for who may."""
    check_may_appoint(actor)
    return services.name_mirror(actor=actor, name=name, vkey=vkey, url=url, now=now)


def drop_mirror(*, actor: Actor, mirror: int, now: datetime) -> None:
    """Compare no longer, for who may."""
    check_may_appoint(actor)
    services.drop_mirror(actor=actor, mirror=mirror, now=now)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Witnesses and mirrors as they stand, and the forms that change them."""
    actor, problem = colleague(request), None
    check_may_appoint(actor)
    if request.method == "POST":
        try:
            messages.success(request, _act(request, actor))
            return redirect("witnesses")
        except Problem as refused:
            problem = refused
    now = timezone.now()
    rule = ledger.policy()
    text = request.POST.get("policy", "") if problem else ledger.policy_text()
    context = {
        "error": problem.told if problem else "",
        "typed": request.POST if problem else {},
        "text": text,
        "rows": min(max(text.count("\n") + 1, 10), 26),
        "rule": rule,
        "witnesses": ledger.witnesses(),
        "mirrors": ledger.mirrors(),
        "verdict": ledger.verdict(now=now),
        "log": ledger.log(),
    }
    return render(request, "composition/witnesses.html", context, status=problem.status if problem else 200)


def _act(request: HttpRequest, actor: Actor) -> str:
    """Do what the form asks; answers what was done."""
    now, posted = timezone.now(), request.POST
    if "drop" in posted:
        drop = posted["drop"]
        number = int(drop) if drop.isascii() and drop.isdigit() and len(drop) < 16 else 0
        drop_mirror(actor=actor, mirror=number, now=now)
        return _("Dropped. The copy itself stays with whoever keeps it.")
    if "vkey" in posted:
        name_mirror(actor=actor, name=posted.get("name", ""), vkey=posted["vkey"], url=posted.get("url", ""), now=now)
        return _("Named. The monitor compares with it within a minute.")
    file = request.FILES.get("file")
    text = file.read(LARGEST).decode("utf-8", "replace") if file else posted.get("policy", "")[:LARGEST]
    adopt(actor=actor, text=text.replace("\r\n", "\n"), now=now)
    return _("In force. The witnesses are asked from the next seal on; the ledger holds who appointed them.")
