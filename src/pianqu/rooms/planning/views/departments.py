"""Departments' grids at the desk: which there are, one handed in and looked at, taken in or put away."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning import queries, rules, services
from pianqu.rooms.planning.queries import ENDINGS, LARGEST, Asked, GridCard
from pianqu.rooms.planning.services import NewGrid
from pianqu.rooms.planning.views import naming
from pianqu.rooms.planning.views.acting import actor_of

SHOWN, CELLS = 200, 100
SYSTEMS_OF_COORDINATES = ("WGS84", "CGCS2000", "GCJ-02", "EPSG:4549", "EPSG:4528", "EPSG:3857")
COLUMNS = ("code", "cell_name", "duties", "workers", "place")
LISTS = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A grid in the list."""

    card: GridCard
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form holds, the files apart."""

    organisation: str = ""
    system: str = ""
    name: str = ""
    source: str = ""
    duties: str = ""
    keep: bool = False
    words: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Typed":
        def text(name: str, most: int) -> str:
            return given.get(name, "").replace("\x00", "").strip()[:most]

        return cls(
            organisation=text("organisation", 32),
            system=text("system", 16),
            name=text("name", 60),
            source=text("source", 80),
            duties=text("grid_duties", 2_000),
            keep=given.get("keep") == "1",
            words={name: text(name, 80) for name in ("crs", *COLUMNS)},
        )

    def asked(self, ending: str) -> Asked:
        return Asked(name=self.name, ending=ending, **self.words)

    def grid(self) -> NewGrid:
        return NewGrid(
            system=self.system,
            organisation_code=self.organisation,
            name=self.name,
            source=self.source,
            keep=self.keep,
            duties=queries.words_of(self.duties),
        )


@never_cache
@login_required
@require_safe
def grids(request: HttpRequest) -> HttpResponse:
    """All departments' grids: in force, waiting, ended."""
    actor = actor_of(request)
    rows = [Row(card=card, system=naming.system_word(card.system)) for card in queries.department_grids()]
    context = {
        "current": [row for row in rows if not row.card.waits and not row.card.valid_to],
        "waiting": [row for row in rows if row.card.waits],
        "ended": [row for row in rows if row.card.valid_to],
        "may_hand_in": rules.may_hand_in(actor, actor.organisation_code),
        "may_plan": rules.may_plan(actor),
    }
    return render(request, "planning/departments.html", context)


# handing in ----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """The form; sent, on to what is in the file. A file that cannot be read is kept too, so that it is not chosen twice."""
    actor = actor_of(request)
    rules.check_may_hand_in(actor, actor.organisation_code)
    if request.method != "POST":
        return _form(request, actor, Typed.of(request.GET.dict()), {})
    typed = Typed.of(request.POST.dict())
    file, extra = _sent(request, "grid"), _sent(request, "list")
    if errors := _faults(typed, file, extra):
        return _form(request, actor, typed, errors, 422)
    if file is None:
        raise AssertionError("a missing file is a fault")
    content, duties_list = file.read(), extra.read() if extra else b""
    asked = typed.asked(_ending(file))
    try:
        rules.check_may_hand_in(actor, typed.organisation)
        grid_id = services.check_department_grid(
            actor=actor,
            grid=typed.grid(),
            asked=asked,
            found=queries.looked_at(content, asked, duties_list=duties_list or None),
            content=content,
            duties_list=duties_list,
            now=timezone.now(),
        )
    except Problem as problem:
        return _form(request, actor, typed, {"grid": str(problem.message)}, problem.status)
    return redirect("planning:department", grid_id=grid_id)


def _sent(request: HttpRequest, name: str) -> "UploadedFile[bytes] | None":
    upload = request.FILES.get(name)
    return upload if isinstance(upload, UploadedFile) else None


def _ending(file: "UploadedFile[bytes]") -> str:
    return PurePath(file.name or "").suffix.lower()[:10]


def _faults(typed: Typed, file: "UploadedFile[bytes] | None", extra: "UploadedFile[bytes] | None") -> dict[str, str]:
    errors = {}
    if not typed.organisation:
        errors["organisation"] = _("Choose the department whose grid this is.")
    if typed.system not in queries.SYSTEMS:
        errors["system"] = _("Choose which department's kind of grid this is.")
    if not typed.name:
        errors["name"] = _("Give the grid a name, as “Police areas 2026”.")
    if file is None:
        errors["grid"] = _("Choose the file with the grid.")
    elif wrong := _file_fault(file, ENDINGS):
        errors["grid"] = wrong
    if extra is not None and (wrong := _file_fault(extra, LISTS)):
        errors["list"] = wrong
    return errors


def _file_fault(file: "UploadedFile[bytes]", endings: tuple[str, ...]) -> str:
    if _ending(file) not in endings:
        return _("This file is none of %(endings)s. Nothing was kept.") % {"endings": ", ".join(endings)}
    size = file.size or 0
    if size > LARGEST:
        words = {"size": max(1, size // 1_000_000), "most": LARGEST // 1_000_000}
        sentence = _(
            "This file has %(size)d MB; at most %(most)d MB are taken. Leave out points that lie closer than a metre, "
            "or hand in one street after the other."
        )
        return sentence % words
    return ""


def _form(
    request: HttpRequest, actor: Actor, typed: Typed, errors: Mapping[str, str], status: int = 200
) -> HttpResponse:
    bodies = directory.all_organisations("department", "district", "centre")
    context = {
        "typed": typed,
        "errors": errors,
        "summary": list(errors.items()),
        "bodies": [one for one in bodies if rules.may_hand_in(actor, one.code)],
        "systems": naming.systems(),
        "coordinates": SYSTEMS_OF_COORDINATES,
        "most": LARGEST // 1_000_000,
        "english": naming.in_english(),
    }
    return render(request, "planning/department_take_in.html", context, status=status)


# one grid ------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest, grid_id: uuid.UUID) -> HttpResponse:
    """What is in a grid and what was found in its file; while it waits it is taken, read again, or put away."""
    actor = actor_of(request)
    if request.method != "POST":
        return _show(request, actor, grid_id)
    try:
        return _done(request, actor, grid_id)
    except Problem as problem:
        return _show(request, actor, grid_id, problem)


def _done(request: HttpRequest, actor: Actor, grid_id: uuid.UUID) -> HttpResponse:
    act = request.POST.get("act", "")
    if act == "take":
        starts = naming.day_of(request.POST.get("starts", ""))
        if starts is None:
            raise Invalid("day-wrong", _("Write the first day like 2026-12-01."))
        services.take_department_grid(actor=actor, grid_id=grid_id, valid_from=starts, now=timezone.now())
    elif act == "again":
        _read_again(request, actor, grid_id)
    elif act == "drop":
        services.drop_department_grid(actor=actor, grid_id=grid_id, now=timezone.now())
        return HttpResponseRedirect(reverse("planning:departments"))
    return redirect("planning:department", grid_id=grid_id)


def _read_again(request: HttpRequest, actor: Actor, grid_id: uuid.UUID) -> None:
    card, kept = queries.department_grid(grid_id), queries.grid_files(grid_id)
    rules.check_may_hand_in(actor, card.organisation_code)  # before the file is read, which takes its time
    typed = Typed.of({**request.POST.dict(), "name": card.name})
    asked = typed.asked(kept.ending)
    extra = files.read(kept.duties_list) if kept.duties_list else None
    found = queries.looked_at(files.read(kept.content), asked, duties_list=extra)
    services.check_grid_again(actor=actor, grid_id=grid_id, asked=asked, found=found, now=timezone.now())


def _show(request: HttpRequest, actor: Actor, grid_id: uuid.UUID, problem: Problem | None = None) -> HttpResponse:
    card = queries.department_grid(grid_id)
    cells = list(queries.department_cells([grid_id])[grid_id].values())
    findings = queries.told_findings(queries.grid_findings(grid_id))
    today = timezone.localdate()
    context = {
        "card": card,
        "system": naming.system_word(card.system),
        "cells": cells[:CELLS],
        "more": max(0, len(cells) - CELLS),
        "findings": findings[:SHOWN],
        "more_findings": max(0, len(findings) - SHOWN),
        "may": card.waits and rules.may_hand_in(actor, card.organisation_code),
        "error": str(problem.message) if problem else "",
        "starts": request.POST.get("starts", today.isoformat())[:10],
        "words": card.asked,
        "coordinates": SYSTEMS_OF_COORDINATES,
    }
    return render(request, "planning/department.html", context, status=problem.status if problem else 200)


@login_required
@require_safe
def grid_map(request: HttpRequest, grid_id: uuid.UUID) -> HttpResponse:
    """The cells of a grid for the map."""
    actor_of(request)
    names = {code: cell.name for code, cell in queries.department_cells([grid_id]).get(grid_id, {}).items()}
    shapes = queries.department_shapes(grid_id)
    features = [_feature(number, names.get(code, code), shape) for number, (code, shape) in enumerate(shapes.items())]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _feature(number: int, name: str, geometry: Any) -> dict[str, Any]:
    told = {"level": "cell", "kind": "ordinary", "tone": number % 8 + 1, "tip": name}
    return {"type": "Feature", "properties": told, "geometry": geometry}
