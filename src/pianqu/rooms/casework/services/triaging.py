"""Suggestions and what follows from them: a wrong category is changed, an answer is counted, a model is asked for and chosen.

Learning takes seconds, so it happens outside of every transaction (composition/learning.py); `keep_model` says that it is done.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import TryAgain, verb
from pianqu.kernels.triage import Guess
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    CaseRecategorised,
    SuggestionAnswered,
    TriageModelAsked,
    TriageModelChosen,
    TriageModelLearned,
    TriageModelNotLearned,
)
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, SuggestionAnswer, TriageModel
from pianqu.rooms.casework.queries import (
    CATEGORY,
    KEPT_MODEL,
    KEPT_MODELS,
    LEARNING,
    NOT_LEARNED,
    ORGANISATION,
    Suggestion,
)
from pianqu.rooms.casework.services.steps import locked, noted, said, tell
from pianqu.rooms.ledger import services as ledger

# a matter ------------------------------------------------------------------------------------------------------------


@verb
def recategorise_case(
    *,
    actor: Actor,
    case_id: uuid.UUID,
    category: str,
    words: str = "",
    suggested_by: int | None = None,
    now: datetime,
) -> uuid.UUID:
    """Give an open matter another category. `suggested_by` is the version whose suggestion was before the person's eyes.

    Who has the matter keeps it, and what was counted under the old category stays counted there. The same category again changes
    nothing and is refused. Raises Absent, Forbidden, Invalid, Refused.
    """
    case = locked([case_id])[case_id]
    rules.check_may_recategorise(actor, case.lead_code)
    if category not in queries.known_codes():
        raise Invalid("category-unknown", _("Please choose one of the listed categories."))
    if case.state not in OPEN:
        raise Refused("recategorise-over", _("This matter is answered, so its category stays. Nothing was changed."))
    if category == case.category:
        raise Invalid("category-same", _("It has this category already. Nothing was changed."))
    why, former = said(words, needed=False), case.category
    case.category = category
    case.save(update_fields=["category"])
    fact = tell(actor, case, CaseRecategorised, former=former, words_commitment=why.commitment)
    entry = noted(actor, case, [fact], now, words=why)
    answered_category(actor, case, suggested_by, now)
    return entry


def answered_category(actor: Actor, case: Case, suggested_by: int | None, now: datetime) -> None:
    """Count that the case's category was chosen where this version suggested. Does nothing where none was shown."""
    if (shown := _shown(case, suggested_by)) is not None:
        _answer(actor, case, CATEGORY, shown.categories, case.category, shown, shown.sure, now)


def answered_organisation(actor: Actor, case: Case, suggested_by: int | None, now: datetime) -> None:
    """Count that this lead was chosen where this version suggested one."""
    if (shown := _shown(case, suggested_by)) is not None:
        _answer(actor, case, ORGANISATION, shown.organisations, case.lead_code, shown, shown.sure_organisation, now)


def _shown(case: Case, suggested_by: int | None) -> Suggestion | None:
    """What was shown, computed anew; None where another version works by now: what it says nobody has seen."""
    if suggested_by is None:
        return None
    found = queries.suggestion(case.words, case.place_code or "")
    return found if found.version == suggested_by else None


def _answer(
    actor: Actor,
    case: Case,
    what: str,
    guesses: Sequence[Guess],
    chosen: str,
    shown: Suggestion,
    sure: str,
    now: datetime,
) -> None:
    """The last answer about a case counts, and the same one once. The case is locked, so nobody else answers meanwhile."""
    if not guesses or not chosen:
        return
    labels = [guess.label for guess in guesses]
    rank = labels.index(chosen) + 1 if chosen in labels else 0
    told: dict[str, Any] = {
        "what": what,
        "version": shown.version,
        "suggested": labels[0][:40],
        "chosen": chosen[:40],
        "rank": rank,
        "prefilled": bool(sure),
    }
    row = SuggestionAnswer.objects.filter(case=case, what=what).first() or SuggestionAnswer(id=new_id(), case=case)
    if row.what and all(getattr(row, name) == value for name, value in told.items()):
        return
    for name, value in told.items():
        setattr(row, name, value)
    row.at = now
    row.save()
    ledger.record([tell(actor, case, SuggestionAnswered, **told)], actor=actor, now=now)


# models --------------------------------------------------------------------------------------------------------------


@verb
def ask_for_training(*, actor: Actor, now: datetime) -> uuid.UUID:
    """Have a model learned from the district's confirmed matters; asked for twice, it is the same one. Raises Forbidden."""
    rules.check_may_train(actor)
    waiting = TriageModel.objects.select_for_update().filter(state=LEARNING).first()
    if waiting is not None:
        return waiting.id
    row = TriageModel(id=new_id(), state=LEARNING, asked_at=now, asked_by_post=actor.acting_post_id or "")
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise TryAgain("somebody asked in this moment") from error
    ledger.record([_told(actor, TriageModelAsked, row)], actor=actor, now=now)
    return row.id


@verb
def keep_model(
    *,
    actor: Actor,
    model_id: uuid.UUID,
    file_name: str,
    digest: str,
    matters: int,
    card: Mapping[str, Any],
    use: bool,
    now: datetime,
) -> int | None:
    """It was learned, and its file lies in the store: it gets its version, and suggests from now on where `use` says so.

    Answers the version; None where nobody waits for it any more. Old models beyond the newest ones go, but never the one in use.
    """
    rules.check_is_own_program(actor)
    row = TriageModel.objects.select_for_update().filter(id=model_id, state=LEARNING).first()
    if row is None:
        return None
    row.version = (TriageModel.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    row.state, row.file_name, row.digest, row.card = KEPT_MODEL, file_name, digest, dict(card)
    row.matters, row.learned_at = matters, now
    if use:
        TriageModel.objects.filter(in_use=True).update(in_use=False)
    row.in_use = use
    row.save()
    fact = _told(actor, TriageModelLearned, row, version=row.version, digest=digest, matters=matters, in_use=use)
    ledger.record([fact], actor=actor, now=now)
    _put_old_away()
    return row.version


def _put_old_away() -> None:
    """What is neither in use nor among the newest ones goes, with its file."""
    kept = list(
        TriageModel.objects.exclude(state=LEARNING).order_by("-asked_at").values_list("id", flat=True)[:KEPT_MODELS]
    )
    for old in TriageModel.objects.filter(in_use=False).exclude(state=LEARNING).exclude(id__in=kept):
        if old.file_name:
            transaction.on_commit(partial(files.remove, old.file_name))
        old.delete()


@verb
def stop_training(*, actor: Actor, model_id: uuid.UUID, reason: str, matters: int = 0, now: datetime) -> None:
    """Nothing could be learned; the page says why."""
    rules.check_is_own_program(actor)
    row = TriageModel.objects.select_for_update().filter(id=model_id, state=LEARNING).first()
    if row is None:
        return
    row.state, row.reason, row.matters, row.learned_at = NOT_LEARNED, reason, matters, now
    row.save()
    ledger.record([_told(actor, TriageModelNotLearned, row, reason=reason, matters=matters)], actor=actor, now=now)


@verb
def choose_model(*, actor: Actor, version: int, now: datetime) -> None:
    """Let this version suggest from now on; 0 is the shipped list of phrases. Harmless to repeat.

    Raises Forbidden, Absent for a version that is not kept, Refused for one whose file is gone or broken.
    """
    rules.check_may_choose_model(actor)
    former = TriageModel.objects.select_for_update().filter(in_use=True).first()
    was = (former.version or 0) if former else 0
    row = TriageModel.objects.select_for_update().filter(state=KEPT_MODEL, version=version).first()
    if version and row is None:
        raise Absent("model-absent", _("There is no such model."))
    if row is not None and queries.read_model(row.file_name, row.digest) is None:
        sentence = _("The file of model %(version)s is missing or was changed, so it is not used. Nothing was changed.")
        raise Refused("model-broken", sentence % {"version": version})
    if was == version:
        return
    if former is not None:
        former.in_use = False
        former.save(update_fields=["in_use"])
    if row is not None:
        row.in_use = True
        row.save(update_fields=["in_use"])
    about = row or former
    if about is not None:
        ledger.record([_told(actor, TriageModelChosen, about, version=version, former=was)], actor=actor, now=now)


def _told(actor: Actor, fact: Any, row: TriageModel, **own: Any) -> Any:
    return fact(
        subject=f"triage-model:{row.id}", organisation_code=actor.organisation_code, model_id=str(row.id), **own
    )
