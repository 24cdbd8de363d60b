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
    ended: bool = False


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


def every_organisation() -> tuple[OrganisationCard, ...]:
    """Every organisation there is or was, by code: what history names must stay readable."""
    rows = Organisation.objects.order_by("code").values(*_CARD, "valid_to")
    return tuple(OrganisationCard(ended=row.pop("valid_to") is not None, **row) for row in rows)


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


def name_of(code: str) -> str:
    """How an organisation is called; its code where nobody knows it."""
    return Organisation.objects.filter(code=code).values_list("short_name", flat=True).first() or code


def is_leader(actor: Actor) -> bool:
    """Whether the actor's post is a leader's, now."""
    return actor.post_id is not None and Post.objects.filter(id=actor.post_id, kind="leader", valid_to=None).exists()


def superiors(code: str) -> tuple[str, ...]:
    """The reporting line above an organisation, nearest first; a line that bites its tail ends there."""
    parents = dict(Organisation.objects.filter(valid_to=None).values_list("code", "parent_code"))
    line: list[str] = []
    above = parents.get(code, "")
    while above and above not in (code, *line):
        line.append(above)
        above = parents.get(above, "")
    return tuple(line)


def title_of(account_id: uuid.UUID) -> str:
    """How the holder's post is called, with its organisation; empty where there is none."""
    row = (
        Post.objects.filter(account_id=account_id, valid_to=None)
        .values_list("organisation__short_name", "title")
        .first()
    )
    return f"{row[0]} · {row[1]}" if row else ""
