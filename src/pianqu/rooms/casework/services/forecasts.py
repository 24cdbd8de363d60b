"""What was learned about dates that are missed is kept, with how good it is."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import BreachModelLearned
from pianqu.rooms.casework.models import BreachModel
from pianqu.rooms.ledger import services as ledger

LEAST_AUC, MOST_ECE = 0.65, 0.1
"""A model that tells less apart, or is further from what happens, is kept and not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A model as a text, and its figures on matters later than those it was learned from."""

    content: str
    digest: str
    matters: int
    late_share: float
    auc: float
    ece: float
    queue_auc: float

    @property
    def is_good(self) -> bool:
        return self.auc >= LEAST_AUC and self.ece <= MOST_ECE


@verb
def keep_breach_model(*, actor: Actor, learned: Learned, now: datetime) -> uuid.UUID:
    """From now on this model is asked, if it is good enough. Of earlier ones their figures stay."""
    rules.check_is_own_program(actor)
    BreachModel.objects.exclude(content="").update(content="")
    row = BreachModel.objects.create(
        id=new_id(),
        content=learned.content,
        digest=learned.digest,
        is_used=learned.is_good,
        matters=learned.matters,
        late_share=learned.late_share,
        auc=learned.auc,
        ece=learned.ece,
        queue_auc=learned.queue_auc,
        learned_at=now,
    )
    told = BreachModelLearned(
        subject=f"breach-model:{row.id}",
        organisation_code=actor.organisation_code,
        digest=learned.digest,
        matters=learned.matters,
        auc=round(learned.auc * 1000),
        ece=round(learned.ece * 1000),
        used=learned.is_good,
    )
    ledger.record([told], actor=actor, now=now)
    return row.id
