"""Rules of dispatch by version: begun, written, put in force on a day, given up, gone back to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import RulesAdopted, RulesDrafted, RulesDropped, RulesWritten
from pianqu.rooms.casework.models import RuleVersion
from pianqu.rooms.casework.queries import RuleRow
from pianqu.rooms.casework.queries.dispatch import ADOPTED, DRAFT, DROPPED, MOST_RULES, shortened
from pianqu.rooms.ledger import services as ledger

LONGEST_NAME, LONGEST_WORD, MOST_VALUES = 40, 40, 60


@verb
def draft_rules(*, actor: Actor, based_on: int = 0, now: datetime) -> int:
    """Begin a draft from a version, 0 for an empty one; answers its number. Raises Refused while there is a draft."""
    rules.check_may_write_rules(actor)
    if RuleVersion.objects.filter(state=DRAFT).exists():
        raise Refused("rules-draft", _("There is a draft already. Put it in force or give it up first."))
    kept = _version(based_on).rules if based_on else []
    row = RuleVersion.objects.create(
        number=_next(),
        state=DRAFT,
        rules=kept,
        digest=queries.rules_digest(kept),
        based_on=based_on or None,
        written_at=now,
    )
    _tell(actor, row, RulesDrafted, now, based_on=based_on)
    return row.number


def _next() -> int:
    return int(RuleVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def _version(number: int, *, state: str = "") -> RuleVersion:
    """The locked row. Raises Absent, and Refused where it is in another state."""
    found = (
        RuleVersion.objects.select_for_update().filter(number=number)
        if 0 < number < 2**31
        else RuleVersion.objects.none()
    )
    row = found.first()
    if row is None:
        raise Absent("rules-absent", _("There is no such version of the rules."))
    if state and row.state != state:
        raise Refused(
            "rules-state", _("This version is no draft any more: begin a new draft from it. Nothing was changed.")
        )
    return row


def _tell(actor: Actor, row: RuleVersion, fact: Any, now: datetime, **own: Any) -> None:
    told = fact(
        subject=f"rules:{row.number}",
        organisation_code=actor.organisation_code,
        version=row.number,
        digest=row.digest,
        **own,
    )
    ledger.record([told], actor=actor, now=now)


@verb
def write_rules(*, actor: Actor, number: int, rows: Sequence[RuleRow], former: str = "", now: datetime) -> str:
    """The draft says this from now on, in this order; answers its digest.

    `former` is the digest of what the writer saw: where somebody else wrote meanwhile it is Refused. A draft may be wrong as a
    whole (rules that loop stand in it until they are mended); what names nothing that exists is not taken at all. Raises Invalid.
    """
    rules.check_may_write_rules(actor)
    row = _version(number, state=DRAFT)
    if former and former != row.digest:
        raise Refused(
            "rules-changed", _("A colleague changed the draft meanwhile. It is shown as it is now; please do it again.")
        )
    if len(rows) > MOST_RULES:
        raise Invalid("rules-many", _("A list may have 300 rules at most. Nothing was changed."))
    world = queries.world(timezone.localdate(now))
    cleaned = [_cleaned(one) for one in rows]
    for one in cleaned:
        queries.check_row(one, world)
    row.rules = [one.kept() for one in cleaned]
    row.digest, row.written_at = queries.rules_digest(row.rules), now
    row.save(update_fields=["rules", "digest", "written_at"])
    _tell(actor, row, RulesWritten, now, rules=len(cleaned))
    return row.digest


@verb
def take_rules(*, actor: Actor, rows: Sequence[RuleRow], now: datetime) -> int:
    """A whole list from elsewhere: the draft says this from now on, and is begun where there is none. Answers its number."""
    rules.check_may_write_rules(actor)
    draft = RuleVersion.objects.filter(state=DRAFT).values_list("number", flat=True).first()
    current = queries.rules_in_force(timezone.localdate(now))
    number = draft or draft_rules(actor=actor, based_on=current.number if current else 0, now=now)
    write_rules(actor=actor, number=number, rows=rows, now=now)
    return number


def _cleaned(row: RuleRow) -> RuleRow:
    """The rule with tidy words, and every value once. Raises Invalid for what would have to be cut."""
    lists = {name: tuple(dict.fromkeys(getattr(row, name))) for name in queries.RULE_LISTS}
    lists["words"] = tuple(word for text in lists["words"] if (word := " ".join(kernel.clean(text).split())))
    if long := [word for word in lists["words"] if len(word) > LONGEST_WORD]:
        sentence = _("A word of a rule may have 40 characters, “%(word)s” has more. Nothing was changed.")
        raise Invalid("rules-word", sentence % {"word": kernel.excerpt(long[0], 20)})
    if any(len(values) > MOST_VALUES for values in lists.values()):
        raise Invalid("rules-values", _("A rule names at most 60 of each kind. Nothing was changed."))
    own = {name: getattr(row, name) for name in RuleRow.__slots__}
    return RuleRow(
        **{**own, **lists, "code": shortened(row.code, LONGEST_NAME), "name": shortened(row.name, LONGEST_NAME)}
    )


@verb
def adopt_rules(*, actor: Actor, number: int, starts_on: date, now: datetime) -> None:
    """Put the draft in force from a day on, today or later. Raises Refused naming what is wrong with it, Invalid."""
    rules.check_may_write_rules(actor)
    row = _version(number, state=DRAFT)
    _check_day(starts_on, now)
    check_sound(row)
    row.state, row.starts_on, row.adopted_at = ADOPTED, starts_on, now
    row.save(update_fields=["state", "starts_on", "adopted_at"])
    _tell(actor, row, RulesAdopted, now, rules=len(row.rules), starts_on=starts_on.isoformat())


def _check_day(starts_on: date, now: datetime) -> None:
    if starts_on < timezone.localdate(now):
        raise Invalid("rules-day", _("Rules cannot be in force from a day that has gone by. Nothing was changed."))


def check_sound(row: RuleVersion) -> None:
    """Raise Refused for rules that loop, contradict each other or name nobody."""
    rows = [queries.rule_row(kept) for kept in row.rules]
    names = {one.code: one.name or one.code for one in rows}
    grave = [fault for fault in queries.rule_faults(rows, queries.templates()) if fault.is_grave]
    if grave:
        said = " ".join(queries.fault_words(fault, names) for fault in grave[:3])
        sentence = _("%(why)s The rules were not put in force; the draft is kept.")
        raise Refused("rules-unsound", sentence % {"why": said})


@verb
def drop_rules(*, actor: Actor, number: int, now: datetime) -> None:
    """Give up a draft, or what is to be in force on a later day. Raises Refused for what was in force."""
    rules.check_may_write_rules(actor)
    row = _version(number)
    later = row.state == ADOPTED and row.starts_on is not None and row.starts_on > timezone.localdate(now)
    if row.state != DRAFT and not later:
        raise Refused("rules-in-force", _("What was in force cannot be given up: go back to another version instead."))
    row.state = DROPPED
    row.save(update_fields=["state"])
    _tell(actor, row, RulesDropped, now)


@verb
def restore_rules(*, actor: Actor, number: int, now: datetime) -> int:
    """Go back: what this version said is in force again from today, as a version of its own. Answers its number."""
    rules.check_may_write_rules(actor)
    old, today = _version(number), timezone.localdate(now)
    current = queries.rules_in_force(today)
    if old.state != ADOPTED or (current is not None and current.number == old.number):
        raise Refused(
            "rules-current", _("Only a version that was in force before can be gone back to. Nothing was changed.")
        )
    check_sound(old)
    row = RuleVersion.objects.create(
        number=_next(),
        state=ADOPTED,
        rules=old.rules,
        digest=old.digest,
        based_on=old.number,
        starts_on=today,
        written_at=now,
        adopted_at=now,
    )
    own = {"rules": len(row.rules), "starts_on": today.isoformat(), "restored": old.number}
    _tell(actor, row, RulesAdopted, now, **own)
    return row.number
