"""Anchors: what a timestamp authority stated of the ledger, and whether one is to be asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.foundation.installation import installation
from pianqu.kernels import note, timestamp
from pianqu.rooms.ledger.models import Anchor, Authority
from pianqu.rooms.ledger.queries.log import log, root_at

PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorCard:
    """One timestamp of the ledger."""

    size: int
    text: str
    token: bytes
    stamped_at: datetime
    authority: str
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityCard:
    """How the authority that is asked now stands. The address is empty where none is."""

    url: str
    trouble: str = ""
    detail: str = ""
    trouble_at: datetime | None = None


def anchors(most: int = PAGE) -> tuple[AnchorCard, ...]:
    """The newest, newest first."""
    return tuple(_card(row) for row in Anchor.objects.order_by("-size")[:most])


def last_anchor() -> AnchorCard | None:
    """The newest; None before the first."""
    return next(iter(anchors(1)), None)


def anchor(size: int) -> AnchorCard:
    """That of the tree of this size. Raises Absent."""
    row = Anchor.objects.filter(size=size).first()
    if row is None:
        raise Absent("anchor-unknown", _("The ledger has no timestamp at this size."))
    return _card(row)


def anchor_over(position: int) -> AnchorCard | None:
    """The earliest that holds the entry at this position; None where there is none yet."""
    row = Anchor.objects.filter(size__gt=position).order_by("size").first()
    return _card(row) if row else None


def authority() -> AuthorityCard:
    """Who is asked, and what keeps it."""
    url = installation().tsa_url
    row = Authority.objects.filter(url=url).first() if url else None
    if row is None:
        return AuthorityCard(url=url)
    return AuthorityCard(url=url, trouble=row.trouble, detail=row.detail, trouble_at=row.trouble_at)


def audit_anchors() -> Iterator[str]:
    """Every anchor that does not fit the ledger or its token, a sentence each. O(anchors · log n)."""
    verifiers = log().verifiers
    for row in Anchor.objects.order_by("size").iterator(chunk_size=PAGE):
        try:
            text, _signed = note.open_note(row.text, verifiers)
            body = note.CheckpointBody.decode(text)
        except note.NoteError as error:
            yield f"anchor {row.size}: {error}"
            continue
        if (body.size, body.root) != (row.size, root_at(row.size)):
            yield f"anchor {row.size} does not fit the entries"
        if not timestamp.is_of(bytes(row.token), row.text.encode()):
            yield f"anchor {row.size}: its token is about another text"


def _card(row: Anchor) -> AnchorCard:
    return AnchorCard(
        size=row.size,
        text=row.text,
        token=bytes(row.token),
        stamped_at=row.stamped_at,
        authority=row.authority,
        kept_at=row.kept_at,
    )
