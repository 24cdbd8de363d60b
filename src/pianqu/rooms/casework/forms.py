"""What people type, turned into values: strings in, typed values or one sentence a field out. Everything typed is kept."""

import math
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid, Problem
from pianqu.foundation.reached import reached
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.services.parts import checked_place, taken

_FIELD = {
    "words": "words",
    "category": "category",
    "place": "place",
    "landmark": "place",
    "contact": "contact",
    "photo": "photos",
    "photos": "photos",
    "purpose": "purpose",
}
"""The first word of a refusal's code → the field beside which its sentence stands."""


def field_of(problem: Problem) -> str:
    """The field that a refusal is about; `form` for the form as a whole."""
    return _FIELD.get(problem.code.partition("-")[0], "form")


def new_key() -> str:
    """A fresh idempotency key for a form's hidden field: unguessable, so that a draft under it stays private."""
    return secrets.token_urlsafe(16)


_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def key_of(data: Mapping[str, Any]) -> str:
    """The form's own key, or a fresh one where it was lost or made up."""
    key = str(data.get("key", ""))
    return key if _KEY.fullmatch(key) else new_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report form as it was typed; every field is a string and is shown again as it is."""

    key: str = field(default_factory=new_key)
    words: str = ""
    category: str = ""
    community: str = ""
    landmark: str = ""
    found: str = ""
    lon: str = ""
    lat: str = ""
    place_source: str = ""
    contact: str = ""
    tell: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Report":
        typed = {item.name: str(data.get(item.name, "")) for item in fields(cls)}
        return cls(**{**typed, "key": key_of(data)})

    def again(self) -> "Report":
        """The same words under a fresh key: a new matter."""
        return replace(self, key=new_key())

    def without_point(self) -> "Report":
        """The same without the point that was refused: it would outweigh whatever is chosen next."""
        return replace(self, lon="", lat="", place_source="", found="")


BY_STAFF = ("phone", "window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The form of the telephone and the window: a report, with what only an official says."""

    report: Report = field(default_factory=Report)
    channel: str = BY_STAFF[0]
    reply: str = ""
    code: str = ""
    """An earlier matter's code that the caller names."""
    suggested_by: int | None = None
    """The version whose suggestion was shown, if one was."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Intake":
        return cls(
            report=Report.of(data),
            channel=one_of(str(data.get("channel", "")), list(BY_STAFF)) or BY_STAFF[0],
            reply=str(data.get("reply", "")),
            code=kernel.clean(str(data.get("code", "")))[:20],
            suggested_by=version_of(str(data.get("suggested_by", ""))),
        )

    def faults(self) -> dict[str, str]:
        """What is wrong, one sentence a field; an answer is not needed."""
        errors = faults(self.report)
        try:
            taken(self.reply, shortest=0)
        except Invalid as problem:
            errors["reply"] = problem.message
        return errors

    def again(self) -> "Intake":
        """The same words under a fresh key: a new matter."""
        return replace(self, report=self.report.again())


def faults(report: Report) -> dict[str, str]:
    """What is wrong with the fields, one sentence each, all at once. Where nothing is, the verb looks at the place."""
    errors: dict[str, str] = {}
    _try(errors, lambda: taken(report.words))
    _try(errors, lambda: _check_category(report.category))
    if report.contact.strip():
        _try(errors, lambda: reached(report.contact))
    if errors:
        _try(errors, lambda: checked_place(place_of(report), ours=True))
    return errors


def _try(errors: dict[str, str], act: Callable[[], object]) -> None:
    try:
        act()
    except Invalid as problem:
        errors[field_of(problem)] = problem.message


def _check_category(code: str) -> None:
    if not code:
        raise Invalid("category-missing", _("Please choose what it is about; “I don't know” is fine too."))
    if code not in queries.shipped_codes():
        raise Invalid("category-unknown", _("Please choose one of the listed categories."))


def place_of(report: Report) -> PlaceChoice:
    """Where it is: the point if there is one, else the chosen name, else the community, else nothing but the words.

    What is no number stays one that is none: the verb says so in a sentence.
    """
    landmark = report.landmark or None
    if report.lon.strip() or report.lat.strip():
        source = report.place_source if report.place_source in {"map", "position", "gazetteer"} else "map"
        return PlaceChoice(lon=_number(report.lon), lat=_number(report.lat), landmark=landmark, source=source)
    if report.found:
        lon, _comma, lat = report.found.partition(",")
        return PlaceChoice(lon=_number(lon), lat=_number(lat), landmark=landmark, source="gazetteer")
    if report.community:
        return PlaceChoice(community_code=report.community, landmark=landmark, source="community")
    return PlaceChoice(landmark=landmark)


def community_at(lon: str, lat: str) -> str:
    """The community of a point as typed. Raises Invalid with a sentence where there is none."""
    place = PlaceChoice(lon=_number(lon), lat=_number(lat), source="map")
    return checked_place(place, ours=True).community_code or ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """A code with the proof that one may see its case: a receipt's link or secret, or part of the contact."""

    code: str = ""
    proof: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Follow":
        return cls(
            code=kernel.clean(str(data.get("code", "")))[:40], proof=kernel.clean(str(data.get("proof", "")))[:400]
        )

    @property
    def tail(self) -> str | None:
        """What proves to know the contact: a number's last four digits, or the whole mail address."""
        if "@" in self.proof:
            return self.proof.strip().lower()
        digits = unicodedata.normalize("NFKC", self.proof).replace(" ", "")
        return digits if re.fullmatch(r"[0-9]{4}", digits) else None

    @property
    def secret(self) -> str | None:
        if self.tail is not None or not self.proof:
            return None
        inside = re.search(r"[?&]s=([A-Za-z0-9_-]+)", self.proof)
        return inside[1] if inside else self.proof


def day_of(text: str) -> date | None:
    """A day as a form or link gives it; none for what is no day, or too far away to be meant."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


_CODE = re.compile(r"[0-9A-Za-z_-]{1,40}")


def code_of(text: str) -> str:
    """A code as a link carries it; nothing for what can be none."""
    return text if _CODE.fullmatch(text) else ""


def one_of(value: str, known: Sequence[str]) -> str:
    """The value if it is known, else nothing: what a link carries is never trusted."""
    return value if value in known else ""


def version_of(text: str) -> int | None:
    """The version of a model as a page's form names it; None for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,8}", text) else None
