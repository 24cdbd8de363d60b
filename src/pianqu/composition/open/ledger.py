"""The open ledger for everybody: how it stands, who watches over it, each seal, each second history, and one's own entry."""

import json
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.errors import Absent
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.markup import put_each
from pianqu.kernels import receipt
from pianqu.kernels.leaf import Leaf
from pianqu.kernels.policy import NONE, Group, Policy
from pianqu.kernels.receipt import ReceiptError
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger

LATEST, SEALS, OTHERS = 20, 50, 6
MOST_GIVEN = 20_000
_JOINED = re.compile(rf"{re.escape(receipt.HEADER)}\s*extra ([A-Za-z0-9+/]+={{0,2}})\s*index ")
"""A receipt's file whose line ends were lost: a field of one line takes them away."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation's name in the reader's language, or its code where nobody knows it."""

    name: str
    lang: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a page shows it."""

    position: int
    at: datetime
    title: object
    organisation: Organisation
    state: str


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Whether all is well, the latest entries, who watches, how to check. With `now` the numbers alone, which go on."""
    verdict, recent = ledger.verdict(now=timezone.now()), ledger.seals(most=SEALS)
    numbers = {
        "verdict": verdict,
        "status": verdict.status,
        "shown": ledger.published(),
        "pace": ledger.pace(recent),
        **_watching(),
    }
    if "now" in request.GET:
        return render(request, "open/_now.html", numbers)
    context = {
        **numbers,
        "log": ledger.log(),
        "latest": _entries(ledger.latest(LATEST), verdict),
        "organisations": _organisations(),
        "ended": ledger.ended_logs(),
        "twin": ledger.twin_card(),
        "elsewhere": _elsewhere(),
    }
    return render(request, "open/ledger.html", context)


@require_safe
def seals(request: HttpRequest) -> HttpResponse:
    """When the ledger was sealed, how long it took, and who signed when."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    shown = ledger.seals(before=before, most=SEALS)
    context = {
        "seals": shown,
        "older": shown[-1].size if len(shown) == SEALS else None,
        "before": before,
        "verdict": ledger.verdict(now=timezone.now()),
        **_watching(),
    }
    return render(request, "open/seals.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What all this is, for whoever never heard of it."""
    return render(request, "open/about.html", _watching())


@require_safe
def forks(request: HttpRequest) -> HttpResponse:
    """Every second history that was shown, with what proves it."""
    return render(request, "open/forks.html", {"forks": ledger.forks(), "log": ledger.log()})


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """One entry by its number, or by a receipt that is pasted or chosen: that one never stands in an address."""
    given = (request.POST if request.method == "POST" else request.GET).get("what", "").strip()
    file = request.FILES.get("file")
    if file is not None:
        given = file.read(receipt.MAX_CHARACTERS).decode("utf-8", "replace").strip()
    if not given:
        return redirect("ledger")
    number = given.replace("\u2009", "").replace(" ", "").replace(",", "")
    if number.isascii() and number.isdigit() and len(number) < 16:
        if request.method == "POST":
            return redirect(f"{reverse('ledger_find')}?what={int(number)}")
        return _found(request, int(number) - 1, None)
    try:
        held = receipt.parse(given)
    except ReceiptError:
        return _by_leaf(request, given)
    return _found(request, held.index, held.leaf, _ended(held))


def _by_leaf(request: HttpRequest, given: str) -> HttpResponse:
    """The entry of a receipt's file that lost its line ends: number and path cannot be told apart in it, the entry itself can."""
    try:
        joined = _JOINED.match(given)
        held = str(json.loads(b64decode(joined[1], validate=True))["leaf"]).encode() if joined else b""
        leaf = Leaf.decode(held)
    except (ValueError, TypeError, KeyError, RecursionError):
        said = _(
            "This is neither the number of an entry nor a receipt. A receipt's file ends in .tlog-proof."
            " A code of 8 characters opens your matter under “Follow up”."
        )
        return render(request, "open/entry.html", {"error": said, "given": given[:MOST_GIVEN]}, status=422)
    position = ledger.position_of(leaf.organisation_code, leaf.counter)
    return _found(request, -1 if position is None else position, held)


def _found(
    request: HttpRequest, position: int, held: bytes | None, ended: ledger.EndedCard | None = None
) -> HttpResponse:
    try:
        item = ledger.at(position)
    except Absent as absent:
        said = "" if ended else absent.message
        missing = {"error": said, "given": position + 1 if held is None else "", "ended": ended}
        return render(request, "open/entry.html", missing, status=404)
    verdict = ledger.verdict(now=timezone.now())
    context = {
        "item": _entries([item.item], verdict)[0],
        "leaf": item.leaf.decode(),
        "held": held is not None,
        "same": held == item.leaf,
        "ended": ended,
        "verdict": verdict,
    }
    return render(request, "open/entry.html", context)


def _ended(held: receipt.Receipt) -> ledger.EndedCard | None:
    """The ledger that gave this receipt, where it was declared dead."""
    origin = held.checkpoint.partition("\n")[0]
    return next((one for one in ledger.ended_logs() if one.origin == origin), None)


def _entries(items: Any, verdict: ledger.Verdict) -> list[Entry]:
    organisations = _names({item.organisation_code for item in items})
    made = []
    for item in items:
        kind = REGISTRY.get(item.kind)
        asks = verdict.word != "alone" and ledger.policy().asks_for_witnesses
        state = "sealed" if not asks else "witnessed" if item.position < verdict.witnessed_size else "unwitnessed"
        name = organisations[item.organisation_code]
        made.append(Entry(item.position, item.at, kind.label if kind else item.kind, name, state))
    return made


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What somebody else holds or states of the ledger: a timestamp of an authority, or a place on a chain."""

    at: datetime
    size: int
    who: str
    chain: int
    address: str


def _elsewhere() -> list[Elsewhere]:
    """The newest, newest first."""
    stamps = [
        Elsewhere(one.stamped_at, one.size, one.authority, 0, reverse("ledger:anchor", args=[one.size]))
        for one in ledger.anchors(OTHERS)
    ]
    blocks = [
        Elsewhere(one.block_at, one.size, "", one.chain_id, reverse("ledger:on_chain", args=[one.hash]))
        for one in ledger.evm_anchors(OTHERS)
        if one.block_at is not None
    ]
    return sorted([*stamps, *blocks], key=lambda one: one.at, reverse=True)[:OTHERS]


def _organisations() -> list[tuple[Organisation, ledger.OrganisationCard]]:
    cards = ledger.organisations()
    names = _names({card.code for card in cards})
    return [(names[card.code], card) for card in cards]


def _names(codes: set[str]) -> dict[str, Organisation]:
    known = directory.organisations(codes)
    english = (get_language() or "").startswith("en")
    made = {}
    for code in codes:
        card = known.get(code)
        if card is None:
            made[code] = Organisation(code, "en")
        elif english and card.name_en:
            made[code] = Organisation(card.name_en, "en")
        else:
            made[code] = Organisation(card.name, "zh-CN")
    return made


def _watching() -> dict[str, Any]:
    """Witnesses and mirrors, and how many of whom have to sign."""
    rule, cards = ledger.policy().rule, ledger.witnesses()
    return {
        "witnesses": cards,
        "signing": len({card.key_name for card in cards if not card.trouble and card.heard_at is not None}),
        "parties": rule.parties(),
        "mirrors": ledger.mirrors(),
        "rule": _rule(rule, rule.quorum) if rule.quorum != NONE else "",
        "policy_address": reverse("ledger:policy"),
    }


def _rule(rule: Policy, name: str) -> str:
    """A quorum in words, each name in its own language: of justice, street one; and residents."""
    group = _of_several(rule, name)
    if isinstance(group, str):
        return ledger.party(group)
    inner = [
        _rule(rule, member)
        if isinstance(_of_several(rule, member), str)
        else _filled(pgettext("quorum", "(%(part)s)"), part=_rule(rule, member))
        for member in group.members
    ]
    if group.needed == len(inner):
        return _joined(_(" and "), inner)
    return _filled(_("%(needed)s of %(parts)s"), needed=group.needed, parts=_joined(_(", "), inner))


def _of_several(rule: Policy, name: str) -> Group | str:
    """The group of this name; where it is one witness after all, that one's name."""
    group = next((group for group in rule.groups if group.name == name), None)
    if group is None or rule.is_one_party(group):
        return name
    return _of_several(rule, group.members[0]) if len(group.members) == 1 else group


def _joined(between: str, parts: list[str]) -> str:
    return put_each(str(conditional_escape(between)), "{}", ((part,) for part in parts))


def _filled(words: str, **values: str | int) -> SafeString:
    """A sentence with markup in it; everything else is escaped."""
    return SafeString(
        conditional_escape(words)
        % {name: conditional_escape(str(value) if isinstance(value, int) else value) for name, value in values.items()}
    )
