"""A merger or split as a whole: the directory's organisations and the open matters that they hold, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.foundation.idempotency import answer_once
from pianqu.foundation.trial import tried
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import services as casework
from pianqu.rooms.casework.services import HandOverReport
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import Reorganisation, ReorganisationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What passed over: of the organisations, and of their open matters."""

    bodies: ReorganisationReport
    matters: HandOverReport


@verb
def reorganise(*, actor: Actor, plan: Reorganisation, now: datetime) -> Report:
    """Carry it out; whatever is refused, nothing is changed. Raises Forbidden, Invalid, Absent, Refused."""
    bodies = directory.reorganise(actor=actor, plan=plan, now=now)
    return Report(bodies=bodies, matters=casework.hand_over(actor=actor, plan=plan, now=now))


def word_of(report: Report) -> str:
    """A short word for what a preview showed of the organisations: who carries it out shows that it has seen that.

    Matters come in while somebody reads, so they are left out.
    """
    return sha256(repr((report.bodies.on, report.bodies.passed)).encode()).hexdigest()[:16]


@verb
def carry_out(*, actor: Actor, plan: Reorganisation, seen: str, key: str, now: datetime) -> None:
    """`reorganise` for who saw the preview, once for a key. Raises Refused where something else changed since then."""

    def act() -> str:
        if word_of(reorganise(actor=actor, plan=plan, now=now)) != seen:
            sentence = _("Something changed since this preview. Please look at it again. Nothing was changed.")
            raise Refused("preview-stale", sentence)
        return "done"

    scope = f"reorganise|{actor.account_id or actor.kind}"
    answer_once(scope=scope, key=key, fingerprint=seen, now=now, act=act)


def preview(*, actor: Actor, plan: Reorganisation, now: datetime) -> Report:
    """What `reorganise` would do now, found by doing it and taking it back: no other answer can differ from it."""
    try:
        return tried(lambda: reorganise(actor=actor, plan=plan, now=now))
    finally:
        directory_questions.forget_organisations()
