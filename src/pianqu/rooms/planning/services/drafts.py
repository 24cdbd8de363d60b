"""A draft begins."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.kernels.partition.records import CLUSTERS
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import DraftStarted
from pianqu.rooms.planning.models import Draft, UnitSet
from pianqu.rooms.planning.queries import DEFAULTS, Gathered, MergePlan
from pianqu.rooms.planning.services.settings import fitted
from pianqu.rooms.planning.services.units import gathered, refuse_faults


@verb
def start_draft(
    *,
    actor: Actor,
    title: str,
    level: str = CLUSTERS,
    settings: Mapping[str, Any] | None = None,
    bridged: bool = True,
    merge_id: uuid.UUID | None = None,
    now: datetime,
) -> uuid.UUID:
    """Begin a plan from what is in force; answers the draft's id. `bridged` joins islands where they are nearest. A merge's
    places can be the units: its proposed cells are the first plan then.

    Raises Invalid for a district of which something is not known yet (an outline, who lives there), with names.
    """
    rules.check_may_plan(actor)
    called = kernel.clean(title)[:60]
    if not called:
        raise Invalid("draft-title", _("Please give the draft a name. Nothing was started."))
    merged = queries.units_of_merge(merge_id) if merge_id else None
    found = merged.units if merged else gathered(level, now=now, bridged=bridged)
    refuse_faults(found.faults)
    kept = _kept(found, now)
    written = queries.units_of(kept.id)
    names = list(merged.names if merged else written.now)
    asked = fitted(written, _wished(found.level, len(names), merged, settings))
    names = queries.named(names, asked["clusters"])
    home = merged.part if merged else written.units.home
    version = written.sources["grid_version"]
    draft = Draft.objects.create(
        id=new_id(),
        title=called,
        level=found.level,
        units=kept,
        state=queries.EDITING,
        settings=asked,
        part=[cluster if cluster < len(names) else -1 for cluster in home],
        names=names,
        centres=[-1] * len(names),
        organisation_code=actor.organisation_code,
        grid_version_id=uuid.UUID(version) if version else None,
        started_at=now,
        changed_at=now,
        changed_by_post=actor.acting_post_id or "",
    )
    ledger.record([_told(draft, version)], actor=actor, now=now)
    return draft.id


def _wished(level: str, clusters: int, merged: MergePlan | None, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is asked at first: as many clusters as there are, a merge's households of a cell, and what somebody set."""
    usual = DEFAULTS[level]
    own = merged.band if merged else {}
    return {**usual, **own, "clusters": clusters or usual["clusters"], **(settings or {})}


def _told(draft: Draft, version: str) -> DraftStarted:
    return DraftStarted(
        subject=f"plan:{draft.id}",
        organisation_code=draft.organisation_code,
        draft_id=str(draft.id),
        level=draft.level,
        units=draft.units.count,
        units_digest=draft.units.digest,
        shapes_digest=draft.units.shapes_digest,
        digest=queries.plan_digest(draft.part),
        grid_version_id=version,
    )


def _kept(found: Gathered, now: datetime) -> UnitSet:
    """The same units as before are the same set, also where two people begin at once."""
    kept, _fresh = UnitSet.objects.get_or_create(
        digest=found.digest,
        shapes_digest=found.shapes_digest,
        defaults={
            "id": new_id(),
            "level": found.level,
            "content": found.content,
            "shapes": found.shapes,
            "count": found.count,
            "made_at": now,
        },
    )
    return kept
