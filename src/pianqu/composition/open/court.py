"""One entry for a court: a folder with everything that a check needs, and the sheet that says what it proves and what not."""

import io
import zipfile
from importlib.resources import files
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.composition.open import evidence, verify
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger.queries import CourtBundle

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The same bytes whenever it is made: when it was downloaded says nothing about the entry."""


@never_cache
@require_safe
def archive(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Everything as one file. Whoever knows the entry's id (an unguessable number) may have it, as the receipt itself."""
    return _given(packed(ledger.court_bundle(entry_id)), "application/zip", f"pianqu-{entry_id}.zip")


@never_cache
@require_safe
def sheet(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The sheet alone."""
    bundle = ledger.court_bundle(entry_id)
    return _given(evidence.as_pdf(bundle, verify.names()), "application/pdf", f"pianqu-{entry_id}.pdf")


def packed(bundle: CourtBundle) -> bytes:
    """The folder as a zip."""
    whole = bundle.files() | {
        "README.txt": files("pianqu.composition.open").joinpath("court.txt").read_bytes(),
        "check.html": verify.made_page().html.encode(),
        "sheet.pdf": evidence.as_pdf(bundle, verify.names()),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in whole.items():
            folder.writestr(zipfile.ZipInfo(f"pianqu-receipt/{name}", LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _given(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
