"""Doors of the ledger: the log itself as files for foreign readers (C2SP tlog-tiles)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pianqu.foundation.errors import Absent
from pianqu.kernels import merkle
from pianqu.rooms.ledger import queries

FOREVER = "public, max-age=31536000, immutable"
TEXT = "text/plain; charset=utf-8"
OCTETS = "application/octet-stream"
JSON = "application/json"
TIMESTAMP = "application/timestamp-reply"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint that the witnesses were asked about, with their lines; without witnesses the published one."""
    shown = queries.offered()
    if shown is None:
        raise Absent("checkpoint-none", _("Nothing has been published yet."))
    response = HttpResponse(shown.text, content_type=TEXT)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def vkey(request: HttpRequest) -> HttpResponse:
    """The verifier keys (signed-note format) that sign now, a line each, the oldest first: one, or two during a change."""
    lines = [f"{key.vkey}\n" for key in queries.log().in_force(timezone.now())]
    response = HttpResponse("".join(lines), content_type=TEXT)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def anchor(request: HttpRequest, size: int) -> HttpResponse:
    """A timestamp authority's answer over the checkpoint of this size (RFC 3161)."""
    return _lasting(queries.anchor(_small(size)).token, TIMESTAMP)


@require_safe
def anchored(request: HttpRequest, size: int) -> HttpResponse:
    """The text that it is about, to the byte."""
    return _lasting(queries.anchor(_small(size)).text.encode(), TEXT)


@require_safe
def on_chain(request: HttpRequest, transaction: str) -> HttpResponse:
    """What somebody needs to find an anchor on its chain (pianqu/chain-anchor/v1). A block may yet be replaced."""
    response = HttpResponse(queries.evm_proof(queries.evm_anchor_of(transaction)).text(), content_type=JSON)
    response["Cache-Control"] = "no-cache"
    return response


def _small(size: int) -> int:
    """A number that a database can hold."""
    if size >= 2**63:
        raise Absent("anchor-unknown", _("There is no timestamp at this size."))
    return size


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Whose signatures count, and how many of them (C2SP tlog-policy)."""
    response = HttpResponse(queries.policy_text(), content_type=TEXT)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def tile(request: HttpRequest, level: int, where: str) -> HttpResponse:
    """A tile of hashes, full or partial."""
    index, width = _place(where)
    return _lasting(queries.tile(level, index, width))


@require_safe
def twin_checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint of the twin by the national standards."""
    card = queries.twin_card()
    if not card.text:
        raise Absent("twin-none", _("This ledger has no twin by the national standards."))
    return _newest(card.text)


@require_safe
def twin_vkey(request: HttpRequest) -> HttpResponse:
    """The SM2 keys that the twin ever had, a line each, the oldest first; the newest signs."""
    card = queries.twin_card()
    if not card.vkeys:
        raise Absent("twin-none", _("This ledger has no twin by the national standards."))
    return _newest("".join(f"{vkey}\n" for vkey in card.vkeys))


@require_safe
def twin_tile(request: HttpRequest, level: int, where: str) -> HttpResponse:
    """A tile of the twin, full or partial. Its entries are the ledger's own."""
    index, width = _place(where)
    return _lasting(queries.twin_tile(level, index, width))


@require_safe
def twin_receipt(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The proof of one entry in the twin, as a file."""
    response = HttpResponse(queries.held_twin_receipt(entry_id).text(), content_type=TEXT)
    response["Content-Disposition"] = f'attachment; filename="{entry_id}-gm.tlog-proof"'
    return response


@require_safe
def entries(request: HttpRequest, where: str) -> HttpResponse:
    """A bundle of leaves, full or partial."""
    index, width = _place(where)
    return _lasting(queries.entries(index, width))


@require_safe
def receipt_file(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The receipt of one entry as a file. Whoever knows the entry's id (an unguessable number) may have it."""
    state = queries.held_receipt(entry_id)
    response = HttpResponse(state.text, content_type=TEXT)
    response["Content-Disposition"] = "attachment"  # the link names the file by the code on the receipt
    return response


def _newest(text: str) -> HttpResponse:
    response = HttpResponse(text, content_type=TEXT)
    response["Cache-Control"] = "no-cache"
    return response


def _place(where: str) -> tuple[int, int]:
    try:
        return merkle.parse_tile_index(where)
    except ValueError as error:
        raise Absent("tile-unknown", _("This is not the address of a tile.")) from error


def _lasting(body: bytes, kind: str = OCTETS) -> HttpResponse:
    response = HttpResponse(body, content_type=kind)
    response["Cache-Control"] = FOREVER
    return response
