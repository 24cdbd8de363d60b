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
from pianqu.rooms.planning.queries import DEFAULTS, Gathered
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
    own = merged.band if merged else {}
    wished = {
        **DEFAULTS[found.level],
        **own,
        "clusters": len(names) or DEFAULTS[found.level]["clusters"],
        **(settings or {}),
    }
    asked = fitted(written, wished)
    names = queries.named(names, asked["clusters"])
    part = [cluster if cluster < len(names) else -1 for cluster in (merged.part if merged else written.units.home)]
    draft = Draft.objects.create(
        id=new_id(),
        title=called,
        level=found.level,
        units=kept,
        state=queries.EDITING,
        settings=asked,
        part=part,
        names=names,
        centres=[-1] * len(names),
        organisation_code=actor.organisation_code,
        grid_version_id=uuid.UUID(version) if (version := written.sources["grid_version"]) else None,
        started_at=now,
        changed_at=now,
        changed_by_post=actor.acting_post_id or "",
    )
    told = DraftStarted(
        subject=f"plan:{draft.id}",
        organisation_code=actor.organisation_code,
        draft_id=str(draft.id),
        level=found.level,
        units=kept.count,
        units_digest=kept.digest,
        shapes_digest=kept.shapes_digest,
        digest=queries.plan_digest(part),
        grid_version_id=version,
    )
    ledger.record([told], actor=actor, now=now)
    return draft.id


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
