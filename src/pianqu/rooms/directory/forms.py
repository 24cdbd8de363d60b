"""Strings of the directory's forms in, typed values out; what was typed stays as it is."""

import re
import secrets
import uuid
from datetime import date, datetime

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid, Problem
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.services import NewOrganisation

_CODE = re.compile(r"[0-9a-z][0-9a-z-]{1,31}")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_FIELDS = {
    "number-wrong": "number",
    "number-child": "number",
    "number-differs": "number",
    "enrolment-waits": "number",
    "name-wrong": "name",
    "area-missing": "area",
    "contact-taken": "contact",
    "contact-not-a-number": "contact",
    "contact-not-an-address": "contact",
    "send-down-title": "title",
    "send-down-to": "to",
    "send-down-person": "post",
    "send-down-days": "weekdays",
    "send-down-kind": "what",
    "taken-back": "may_decide",
    "not-yours": "may_decide",
    "span-wrong": "ends",
    "duty-double": "starts",
    "substitute-self": "by_post",
    "substitute-chain": "by_post",
    "substitute-double": "starts",
    "substitute-elsewhere": "across",
    "post-held": "kind",
    "post-kind": "kind",
    "reporting-circle": "parent",
    "superior-stale": "parent",
    "organisation-kind": "kind",
    "organisation-serves": "serves",
    "organisation-orphan": "parent",
}
"""A refusal's code → the field beside which its sentence stands."""


Typed = QueryDict


class Wrong(Invalid):
    """One field cannot be taken as it was typed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__("field-wrong", message)
        self.field = field


def field_of(problem: Problem) -> str:
    """The field that a refusal is about; empty for the form as a whole."""
    return problem.field if isinstance(problem, Wrong) else _FIELDS.get(problem.code, "")


def new_key() -> str:
    """A fresh key for a form's hidden field."""
    return secrets.token_urlsafe(16)


def key_of(typed: Typed) -> str:
    """The form's own key, or a fresh one where it was lost or made up."""
    key = str(typed.get("key", ""))
    return key if _KEY.fullmatch(key) else new_key()


def words(typed: Typed, name: str, *, longest: int, needed: bool = True) -> str:
    """Words in one line. Raises Wrong where there are none, or too many."""
    text = " ".join(str(typed.get(name, "")).replace("\x00", "").split())
    if needed and not text:
        raise Wrong(name, _("Please fill this in."))
    if len(text) > longest:
        raise Wrong(name, _("Please use at most %(longest)d characters.") % {"longest": longest})
    return text


def chosen(typed: Typed, name: str) -> str:
    """What was chosen from a list. Raises Wrong where nothing was."""
    text = str(typed.get(name, "")).strip()
    if not text or "\x00" in text:
        raise Wrong(name, _("Please choose one."))
    return text


def chosen_id(typed: Typed, name: str, *, needed: bool = True) -> uuid.UUID | None:
    """The id of what was chosen. Raises Wrong."""
    if not needed and not str(typed.get(name, "")).strip():
        return None
    found = rules.post_uuid(chosen(typed, name))
    if found is None:
        raise Wrong(name, _("Please choose one."))
    return found


def needed_id(typed: Typed, name: str) -> uuid.UUID:
    """The same where it has to be there."""
    found = chosen_id(typed, name)
    if found is None:
        raise Wrong(name, _("Please choose one."))
    return found


def day(typed: Typed, name: str) -> date:
    """A day. Raises Wrong."""
    try:
        return date.fromisoformat(str(typed.get(name, "")).strip())
    except ValueError:
        raise Wrong(name, _("Please give a day as 2026-01-31.")) from None


def day_or_none(typed: Typed, name: str) -> date | None:
    return day(typed, name) if str(typed.get(name, "")).strip() else None


def moment(typed: Typed, name: str) -> datetime:
    """A moment of the district's own time. Raises Wrong."""
    try:
        found = datetime.fromisoformat(str(typed.get(name, "")).strip())
        return found if found.tzinfo else timezone.make_aware(found)
    except (ValueError, OverflowError):
        raise Wrong(name, _("Please give day and time as 2026-01-31 08:00.")) from None


def weekdays(typed: Typed) -> tuple[int, ...]:
    """Days from 1 (Monday) to 7."""
    return tuple(int(text) for text in typed.getlist("weekdays") if text in {"1", "2", "3", "4", "5", "6", "7"})


def organisation(typed: Typed) -> NewOrganisation:
    """What has to be said of a new organisation. Raises Wrong."""
    code = words(typed, "code", longest=32).lower()
    if not _CODE.fullmatch(code):
        raise Wrong("code", _("A code has digits, small letters and hyphens, like 330205-housing."))
    name = words(typed, "name", longest=80)
    return NewOrganisation(
        code=code,
        kind=chosen(typed, "kind"),
        name=name,
        short_name=words(typed, "short_name", longest=40, needed=False) or name[:40],
        name_en=words(typed, "name_en", longest=120, needed=False),
        parent_code=chosen(typed, "parent"),
        serves_code=str(typed.get("serves", "")).strip(),
    )
