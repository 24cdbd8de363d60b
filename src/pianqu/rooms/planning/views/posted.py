"""What a page sends to change a draft: a form's fields, or JSON from its script. Both become one Change."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid
from pianqu.rooms.planning.services import Change

NUMBERS = ("clusters", "tolerance", "cut", "split", "moved", "seed", "sweeps", "tries", "least", "most")
MANY = ("unit",)
MOST_BYTES = 2_000_000
SYSTEM = "system-"


def given(request: HttpRequest) -> dict[str, Any]:
    """The body as a mapping. Raises Invalid for JSON that is none."""
    if request.content_type != "application/json":
        return {name: request.POST.getlist(name) if name in MANY else request.POST[name] for name in request.POST}
    if len(request.body) > MOST_BYTES:
        raise Invalid("change-large", _("That is more than one change can hold. Nothing was changed."))
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise _wrong()
    return told


def revision(told: Mapping[str, Any]) -> int:
    """Which revision the page showed."""
    return number(told.get("revision"))


def seen(request: HttpRequest) -> int | None:
    """The same of a form; None where it said none: then whatever stands is meant."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def number(value: Any) -> int:
    """A whole number. Raises Invalid."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _wrong()
    try:
        return int(value)
    except ValueError:
        raise _wrong() from None


def numbers(value: Any) -> list[int]:
    if not isinstance(value, list | tuple):
        raise _wrong()
    return [number(one) for one in value]


def change(told: Mapping[str, Any]) -> Change:
    """One change. Raises Invalid for what has another shape."""
    kind = str(told.get("kind", ""))
    units = numbers(told.get("units", told.get("unit", ()) or ())) if not _is_one(told) else []
    return Change(
        kind=kind,
        moves=_moves(told, units),
        units=units,
        cluster=number(told.get("cluster", -1)),
        clusters=_pair(told),
        unit=_unit(told, kind, units),
        name=str(told.get("name", "")),
        settings=_settings(told) if kind == "settings" else {},
    )


def _is_one(told: Mapping[str, Any]) -> bool:
    """JSON names one unit by number, a form's boxes are a list."""
    return isinstance(told.get("unit"), int) and "units" not in told


def _moves(told: Mapping[str, Any], units: Sequence[int]) -> list[tuple[int, int]]:
    if "moves" in told:
        pairs = [numbers(pair) for pair in told["moves"]] if isinstance(told["moves"], list) else [[]]
        if any(len(pair) != 2 for pair in pairs):
            raise _wrong()
        return [(unit, cluster) for unit, cluster in pairs]
    return [(unit, number(told["to"])) for unit in units] if "to" in told else []


def _pair(told: Mapping[str, Any]) -> list[int]:
    if "clusters" in told and isinstance(told["clusters"], list):
        return numbers(told["clusters"])
    return [number(told.get("cluster")), number(told["other"])] if "other" in told else []


def _unit(told: Mapping[str, Any], kind: str, units: Sequence[int]) -> int:
    """A centre is one unit."""
    if _is_one(told):
        return number(told["unit"])
    if kind == "centre" and len(units) != 1:
        raise Invalid("centre-one", _("Choose exactly one community: the centre lies in it. Nothing was changed."))
    return units[0] if units else -1


def _settings(told: Mapping[str, Any]) -> dict[str, Any]:
    """A form's fields are numbers by name; JSON brings the settings themselves."""
    if isinstance(told.get("settings"), dict):
        return dict(told["settings"])
    found: dict[str, Any] = {name: number(told[name]) for name in NUMBERS if told.get(name, "") != ""}
    if "balance" in told:
        found["balance"] = str(told["balance"])
    systems = {name.removeprefix(SYSTEM): number(told[name]) for name in told if name.startswith(SYSTEM)}
    return {**found, "systems": systems} if systems else found


def _wrong() -> Invalid:
    return Invalid("change-wrong", _("This could not be read as a change of the plan. Nothing was changed."))


def identity(value: Any) -> uuid.UUID:
    """Raises Invalid for what is no identity."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise _wrong() from None
