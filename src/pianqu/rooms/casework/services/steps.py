"""What every step of a case shares: the locked row, the words that belong to an entry, the fact that tells it."""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.facts import Fact
from pianqu.kernels import blanks
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.casework.facts import AboutCase
from pianqu.rooms.casework.lifecycle import Move, check_move
from pianqu.rooms.casework.models import Case, Note, Task
from pianqu.rooms.casework.services.parts import taken
from pianqu.rooms.ledger import services as ledger

F = TypeVar("F", bound=AboutCase)


@dataclass(frozen=True, slots=True)
class Said:
    """Words with their salt and commitment; no words have none."""

    text: str = ""
    salt: bytes = b""
    commitment: str = ""


def said(words: str, *, needed: bool = True, filled: bool = False) -> Said:
    """The words as they are kept. Raises Invalid where they are needed and empty, or too long.

    `filled` is for words that may have begun as a template: a blank that is still open in them is refused.
    """
    if filled:
        check_filled(words)
    missing = _("Please say why, or what was done, in a few words.")
    text = taken(words, shortest=1 if needed else 0, missing=missing).text
    if not text:
        return Said()
    salt = secrets.token_bytes(SALT_BYTES)
    return Said(text, salt, text_commitment(text, salt))


def check_filled(words: str) -> None:
    """Words of a template are sent only with every blank filled. Raises Invalid, naming what is open."""
    if left := blanks.open_in(words):
        sentence = _("%(blanks)s is still open in the text. Please fill it in or take it out; your text is still here.")
        raise Invalid("words-open-blank", sentence % {"blanks": " ".join(left[:5])})


def locked(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Case]:
    """The cases, locked in the order of their ids so that two verbs cannot wait for each other. Raises Absent."""
    cases = {case.id: case for case in Case.objects.select_for_update().filter(id__in=ids).order_by("id")}
    if len(cases) < len(set(ids)):
        raise Absent("case-absent", _("There is no such matter."))
    return cases


def moved(case: Case, move: Move) -> Case:
    """The case in the state after the move. Raises Refused."""
    case.state = check_move(case.state, move)
    return case


def recorded_by(actor: Actor, case: Case) -> str:
    """An official's act stands in the official's organisation's chain, a resident's in the receiving one's."""
    return actor.organisation_code if actor.kind == "post" else case.organisation_code


def tell(actor: Actor, case: Case, fact: type[F], **own: Any) -> F:
    """A fact about this case in the right chain."""
    return fact(
        subject=f"case:{case.id}",
        organisation_code=recorded_by(actor, case),
        case_id=str(case.id),
        category=case.category,
        place_code=case.place_code,
        **own,
    )


def noted(
    actor: Actor,
    case: Case,
    facts: Sequence[Fact],
    now: datetime,
    *,
    words: Said | None = None,
    shown: bool = False,
    main: int = 0,
) -> uuid.UUID:
    """Record the facts in their order. The words belong to the main one, counted from 0, whose entry is the answer."""
    entries = ledger.record(facts, actor=actor, now=now)
    if words is not None and words.text:
        Note.objects.create(
            entry_id=entries[main].entry_id, case=case, words=words.text, salt=words.salt, for_reporter=shown
        )
    return entries[main].entry_id


def live_tasks(case: Case) -> dict[str, Task]:
    """The tasks that somebody still has, by organisation."""
    return {task.organisation_code: task for task in Task.objects.filter(case=case, ended_at=None)}


def end_tasks(tasks: Iterable[Task], state: str, now: datetime) -> None:
    """Mark tasks as ended."""
    for task in tasks:
        task.state, task.ended_at = state, now
        task.save(update_fields=["state", "ended_at"])


def parts_know(cases: Iterable[Case], *, ended: bool) -> None:
    """Parts keep whether their case has ended, so that an organisation's open matters are counted by them alone."""
    Task.objects.filter(case__in=[case.id for case in cases], case_ended=not ended).update(case_ended=ended)


def iso(moment: datetime | None) -> str:
    """A moment as a fact tells it; empty for none."""
    return moment.isoformat() if moment else ""
