"""The ledger measured: the pipeline with three real witnesses, proofs and replay of a large log, submits over HTTP, peers."""

from pathlib import Path

from django.utils import timezone

from pianqu.composition.bench import cosigning, mirrored, pipeline, proving, submitting
from pianqu.composition.bench.entries import CENTRE
from pianqu.composition.bench.outside import witnesses
from pianqu.composition.bench.peers import pymerkle
from pianqu.composition.bench.pipeline import Pipeline
from pianqu.composition.bench.report import Row
from pianqu.composition.district import load_district
from pianqu.composition.loaded import keep_what_is_loaded
from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id

PARTS = ("pipeline", "proofs", "mirror", "twin", "submits", "latency", "signatures", "peers")


def measure(*, parts: tuple[str, ...], entries: int, quick: bool, folder: Path) -> list[Row]:
    """The chosen parts, on the database of this process's settings; for proofs and twin the log grows to `entries`."""
    now = timezone.now()
    load_district(code="330205", now=now)
    actor = Actor(kind="post", organisation_code=CENTRE, post_id=str(new_id()))
    found: list[Row] = []
    with witnesses(folder / "outside", actor=actor, now=now) as outside:
        keep_what_is_loaded()  # as web and worker do
        line = Pipeline(actor, outside)
        line.settle()
        first_day = mirrored.backup(folder / "outside") if "mirror" in parts else None
        if "submits" in parts:
            found += submitting.submits(quick=quick)
        if "latency" in parts:
            found += submitting.latency(actor, seconds=6 if quick else 30)
        line.settle()
        if "pipeline" in parts:
            found += pipeline.measure(line, quick=quick)
        found += _large(line, parts, entries, quick, folder / "outside", first_day)
    if "signatures" in parts:
        found += cosigning.measure(quick=quick)
    if "peers" in parts:
        found += pymerkle(quick=quick)
    return found


def _large(
    line: Pipeline, parts: tuple[str, ...], entries: int, quick: bool, folder: Path, first_day: mirrored.FirstDay | None
) -> list[Row]:
    """What is asked of a large log; whichever part comes first lets it grow."""
    found: list[Row] = []
    if "proofs" in parts:
        found += pipeline.growth(line, entries)
        found += proving.measure(quick=quick)
    if "mirror" in parts:
        line.grow_to(entries)
        found += mirrored.measure(folder, first_day)
    if "twin" in parts:
        line.grow_to(entries)
        found += proving.twin(quick=quick)
    return found
