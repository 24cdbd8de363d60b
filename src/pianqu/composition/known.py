"""Being known by a confirmed contact, whatever the door: the page keeps a cookie, a program a pass in a header."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation import onetime
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Unavailable
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.installation import installation
from pianqu.foundation.reached import Reached, reached
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.directory import services as roll
from pianqu.rooms.directory.queries import ResidentCard
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.notices import jobs as sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A code is on its way. `shown` is the code itself only where the demo has no other way to say it."""

    to: Reached
    to_outbox: bool
    shown: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something that the ledger keeps about the person."""

    what: str
    at: datetime
    purpose: str


def resident() -> Actor:
    """Somebody from outside, in the books of the district's centre."""
    return Actor(kind="resident", organisation_code=casework.centre_code())


def send_code(contact: str, *, address: str, now: datetime) -> Sent:
    """A code to the contact that was typed. Raises Invalid, TooMany, Unavailable."""
    try:
        to = reached(contact)
    except Invalid as problem:
        sentence = _("Please give a telephone number, as in 138 0000 0000, or a mail address.")
        raise Invalid(problem.code, sentence) from problem
    code = onetime.new_code(to=to.value, address=address, now=now)
    outcome = sending.send_code(to=to, code=code)
    if outcome.state in {"failed", "waiting"}:
        sentence = _("The code could not be sent just now. Nothing is lost; please try again in a few minutes.")
        raise Unavailable("code-not-sent", sentence)
    to_outbox = outcome.why == sending.OUTBOX
    shows = to_outbox and installation().is_demonstration
    return Sent(to=to, to_outbox=to_outbox, shown=code if shows else "")


def add_matter(card: ResidentCard, code: str, *, address: str, now: datetime) -> None:
    """A matter that was reported with this contact before, or by telephone. Raises Absent, Invalid, TooMany."""
    check_not_doubted(card)
    try:
        case = casework.follow_as(code, card.contact, address=address, now=now)
    except Absent as absent:
        sentence = _(
            "No matter with this code was reported with your contact. Please check the code; "
            "after five wrong tries you must wait an hour."
        )
        raise Absent(absent.code, sentence) from absent
    by = cases.Reporter(resident_id=card.resident_id, level=card.level, contact=card.contact)
    cases.recognise_reporter(actor=resident(), case_id=case.case_id, reporter=by, now=now)


def check_not_doubted(card: ResidentCard) -> None:
    """Raise Invalid where the contact may be another person's by now."""
    if card.doubted:
        raise Invalid("resident-doubted", _("Please say first whether this contact is still yours."))


def told_of(card: ResidentCard) -> list[Told]:
    """What the ledger keeps of this person under the roll's id, latest first."""
    items = reversed(ledger.history(f"resident:{card.resident_id}"))
    return [
        Told(str(REGISTRY[item.kind].label), item.at, str(item.fact.get("purpose", "")))
        for item in items
        if item.kind in REGISTRY
    ]


@verb
def leave(*, actor: Actor, card: ResidentCard, now: datetime) -> None:
    """Off the roll; what was reported is one person's no longer."""
    cases.forget_reporter(actor=actor, resident_ids=card.ids, now=now)
    roll.leave_roll(actor=actor, resident_id=card.resident_id, now=now)
