"""A grid arrives as a file: checked shape by shape, told, and put into force if that was asked for and nothing is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.kernels import rings
from pianqu.rooms.territory import rules, services
from pianqu.rooms.territory.views import shown
from pianqu.rooms.territory.views.shown import Categories, Checked, Files

LARGEST = 20_000_000
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form holds, the file apart."""

    crs: str
    starts: str
    source: str
    adopt: bool
    may_adopt: bool

    @classmethod
    def of(cls, given: Mapping[str, str], *, may_adopt: bool) -> "Typed":
        return cls(
            crs=given.get("crs", rings.CRS[0]),
            starts=given.get("starts", ""),
            source=given.get("source", "").strip()[:80],
            adopt=given.get("adopt") == "1",
            may_adopt=may_adopt,
        )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest, *, categories: Categories, files: Files) -> HttpResponse:
    """The form; sent, the report on the file or the page of the new grid. Everybody with a post may have a file checked."""
    actor = shown.actor_of(request)
    may_adopt = rules.may_adopt_grid(actor)
    if request.method != "POST":
        tomorrow = timezone.localdate() + timedelta(days=1)
        return _page(
            request,
            Typed(crs=rings.CRS[0], starts=tomorrow.isoformat(), source="", adopt=False, may_adopt=may_adopt),
            {},
            None,
        )
    typed, upload = Typed.of(request.POST.dict(), may_adopt=may_adopt), request.FILES.get("grid")
    file = upload if isinstance(upload, UploadedFile) else None
    if errors := _faults(typed, file):
        return _page(request, typed, errors, None, 422)
    if file is None:
        raise AssertionError("a missing file is a fault")
    return _checked(request, actor, typed, file, files)


def _faults(typed: Typed, file: "UploadedFile[bytes] | None") -> dict[str, str]:
    errors = {}
    if file is None:
        errors["grid"] = _("Choose the file with the grid.")
    elif (file.size or 0) > LARGEST:
        errors["grid"] = _("The file is larger than 20 MB. Larger ones are taken in with “pianqu import grid”.")
    if typed.crs not in rings.CRS:
        errors["crs"] = _("Choose the coordinate system.")
    if shown.day_of(typed.starts) is None:
        errors["starts"] = _("Write the first day like 2026-12-01.")
    return errors


def _checked(
    request: HttpRequest, actor: Actor, typed: Typed, file: "UploadedFile[bytes]", files: Files
) -> HttpResponse:
    report: Checked | None = None
    try:
        report = files.checked(files.features_of(file.read()), crs=typed.crs)
        if typed.adopt and not report.faults:
            return _adopted(actor, typed, report, PurePath(file.name or "").stem)
    except Problem as problem:
        return _page(request, typed, {"grid": str(problem.message)}, report, problem.status)
    return _page(request, typed, {}, report, 422 if report.faults else 200)


def _adopted(actor: Actor, typed: Typed, report: Checked, name: str) -> HttpResponse:
    starts: date = date.fromisoformat(typed.starts.strip())
    version = services.adopt_grid(
        actor=actor,
        cells=report.cells,
        clusters=report.clusters,
        valid_from=starts,
        source=typed.source or name[:80],
        now=timezone.now(),
    )
    asked = urlencode({"on": starts.isoformat(), "adopted": str(version)})
    return HttpResponseRedirect(f"{reverse('territory:grid')}?{asked}")


def _page(
    request: HttpRequest, typed: Typed, errors: Mapping[str, str], report: Checked | None, status: int = 200
) -> HttpResponse:
    context = {
        "typed": typed,
        "errors": errors,
        "summary": list(errors.items()),
        "report": report,
        "faults": report.faults[:SHOWN] if report else [],
        "notices": report.notices[:SHOWN] if report else [],
        "systems": rings.CRS,
    }
    return render(request, "territory/take_in.html", context, status=status)
