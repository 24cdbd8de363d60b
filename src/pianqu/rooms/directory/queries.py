"""Questions to the directory."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.rooms.directory.models import Organisation, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCard:
    """An organisation as others show it."""

    code: str
    kind: str
    name: str
    short_name: str
    name_en: str
    parent_code: str


_CARD = ("code", "kind", "name", "short_name", "name_en", "parent_code")


def organisation(code: str) -> OrganisationCard:
    """Raises Absent for an unknown code."""
    found = organisations([code])
    if code not in found:
        raise Absent("organisation-absent", "There is no such organisation.")
    return found[code]


def organisations(codes: Iterable[str]) -> dict[str, OrganisationCard]:
    """The cards of these codes in one statement; unknown codes are missing."""
    rows = Organisation.objects.filter(code__in=set(codes)).values(*_CARD)
    return {row["code"]: OrganisationCard(**row) for row in rows}


def all_organisations(*kinds: str) -> tuple[OrganisationCard, ...]:
    """Every organisation still valid, of these kinds or of all, by code."""
    rows = Organisation.objects.filter(valid_to=None).order_by("code")
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return tuple(OrganisationCard(**row) for row in rows.values(*_CARD))


def actor_for(account_id: uuid.UUID) -> Actor | None:
    """The actor that an account is by its current post; None where it holds none."""
    row = (
        Post.objects.filter(account_id=account_id, valid_to=None)
        .values_list("id", "organisation__code")
        .order_by("valid_from")
        .first()
    )
    if row is None:
        return None
    return Actor(kind="post", account_id=str(account_id), post_id=str(row[0]), organisation_code=row[1])


def title_of(account_id: uuid.UUID) -> str:
    """How the holder's post is called, with its organisation; empty where there is none."""
    row = (
        Post.objects.filter(account_id=account_id, valid_to=None)
        .values_list("organisation__short_name", "title")
        .first()
    )
    return f"{row[0]} · {row[1]}" if row else ""
