"""Templates for what is written again and again: made, changed, retired, and counted when something began with one."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import TryAgain, verb
from pianqu.kernels import blanks
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    AboutReplyTemplate,
    ReplyTemplateChanged,
    ReplyTemplateMade,
    ReplyTemplateRetired,
    ReplyTemplateUsed,
)
from pianqu.rooms.casework.models import REPLY_USES, ReplyTemplate, ReplyUse
from pianqu.rooms.casework.services.steps import Said
from pianqu.rooms.ledger import services as ledger

LONGEST_REPLY = 2_000
LONGEST_REPLY_NAME = 40
MOST_REPLIES = 60
"""Living templates of one organisation: more than that nobody finds again in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWords:
    """A template as it is typed."""

    name: str
    use: str
    words: str
    words_en: str = ""
    category: str = ""


@verb
def make_reply_template(*, actor: Actor, wanted: ReplyWords, for_all: bool = False, now: datetime) -> uuid.UUID:
    """Keep a template of the actor's organisation, or the district's for all. Raises Forbidden, Invalid, Refused."""
    code = "" if for_all else actor.organisation_code
    rules.check_may_write_replies(actor, code)
    name, chinese, english = _checked_reply(wanted)
    living = ReplyTemplate.objects.filter(organisation_code=code, ended_at=None)
    _check_name_free(wanted, name, code)
    if living.count() >= MOST_REPLIES:
        sentence = _("%(n)s templates are kept already. Please retire one first; what you typed is still here.")
        raise Refused("reply-template-many", sentence % {"n": MOST_REPLIES})
    row = ReplyTemplate(
        id=new_id(),
        organisation_code=code,
        use=wanted.use,
        category=wanted.category,
        name=name,
        words=chinese.text,
        salt=chinese.salt,
        words_en=english.text,
        salt_en=english.salt,
        made_at=now,
        changed_at=now,
    )
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise TryAgain("a colleague kept one of this name in this moment") from error
    told = {"words_commitment": chinese.commitment, "english_commitment": english.commitment}
    fact = _reply_fact(actor, row, ReplyTemplateMade, use=row.use, category=row.category, **told)
    ledger.record([fact], actor=actor, now=now)
    return row.id


@verb
def change_reply_template(
    *, actor: Actor, template_id: uuid.UUID, version: int, wanted: ReplyWords, now: datetime
) -> uuid.UUID:
    """Keep other words for it. `version` is the one that was looked at: Refused where a colleague changed it meanwhile."""
    row = _locked_reply(actor, template_id)
    rules.check_may_write_replies(actor, row.organisation_code)
    if row.version != version:
        sentence = _(
            "A colleague changed this template meanwhile. What you typed is still here; theirs is in the list."
        )
        raise Refused("reply-template-changed", sentence)
    name, chinese, english = _checked_reply(wanted)
    _check_name_free(wanted, name, row.organisation_code, but=row.id)
    row.name, row.use, row.category = name, wanted.use, wanted.category
    row.words, row.salt, row.words_en, row.salt_en = chinese.text, chinese.salt, english.text, english.salt
    row.version, row.changed_at = row.version + 1, now
    try:
        row.save()
    except IntegrityError as error:
        raise TryAgain("a colleague kept one of this name in this moment") from error
    told = {"words_commitment": chinese.commitment, "english_commitment": english.commitment}
    own = {"use": row.use, "category": row.category, "version": row.version}
    fact = _reply_fact(actor, row, ReplyTemplateChanged, **own, **told)
    ledger.record([fact], actor=actor, now=now)
    return row.id


@verb
def retire_reply_template(*, actor: Actor, template_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Offer it no longer; what was written with it stays. Raises Absent, Forbidden."""
    row = _locked_reply(actor, template_id)
    rules.check_may_write_replies(actor, row.organisation_code)
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    ledger.record([_reply_fact(actor, row, ReplyTemplateRetired)], actor=actor, now=now)
    return row.id


@verb
def use_reply_template(*, actor: Actor, template_id: uuid.UUID, case_id: uuid.UUID, now: datetime) -> None:
    """Count that something about this matter began with it: for the template, not for who wrote. Raises Absent."""
    rules.check_in_post(actor)
    queries.check_sees(actor, case_id)
    known = queries.reply_template_id(actor, template_id)
    if known is None:
        raise _reply_absent()
    row = ReplyTemplate.objects.get(id=known)
    month = timezone.localdate(now).replace(day=1)
    ReplyUse.objects.get_or_create(template=row, month=month)
    ReplyUse.objects.filter(template=row, month=month).update(uses=F("uses") + 1)
    ledger.record([_reply_fact(actor, row, ReplyTemplateUsed, case_id=str(case_id))], actor=actor, now=now)


@verb
def act_with_reply_template(
    *, actor: Actor, case_id: uuid.UUID, template_id: uuid.UUID | None, act: Callable[[], object], now: datetime
) -> None:
    """Do an act whose words began with a template, and count that it did. One that was retired meanwhile is not counted."""
    known = queries.reply_template_id(actor, template_id)
    if known is not None:
        use_reply_template(actor=actor, template_id=known, case_id=case_id, now=now)
    act()


def _checked_reply(wanted: ReplyWords) -> tuple[str, Said, Said]:
    """Name, Chinese and English words as they are kept. Raises Invalid."""
    name = kernel.clean(wanted.name)
    if not name or len(name) > LONGEST_REPLY_NAME:
        raise Invalid("reply-template-name", _("Please give it a name of at most 40 characters."))
    if wanted.use not in REPLY_USES:
        raise Invalid("reply-template-use", _("Please choose what it is for: answers, returns, or messages."))
    if wanted.category and wanted.category not in queries.known_codes():
        raise Invalid("reply-template-category", _("Please choose one of the listed categories, or all."))
    chinese = _reply_text(wanted.words)
    if not chinese.text:
        raise Invalid(
            "reply-template-words", _("Please write its words in Chinese; English ones may be added to them.")
        )
    return name, chinese, _reply_text(wanted.words_en)


def _reply_text(text: str) -> Said:
    kept = kernel.clean(text)
    if over := max(len(kept) - LONGEST_REPLY, 0):
        sentence = _("A template may have 2 000 characters; this one has %(over)s too many. Please shorten it.")
        raise Invalid("reply-template-words", sentence % {"over": over})
    if strange := queries.unknown_blanks(kept):
        names = " ".join(f"{{{{{name}}}}}" for name in strange[:5])
        known = " ".join(f"{{{{{chinese}}}}}/{{{{{code}}}}}" for code, chinese in queries.BLANKS.items())
        sentence = _("%(names)s is no variable. There are: %(known)s. Nothing was kept yet; your text is still here.")
        raise Invalid("reply-template-blank", sentence % {"names": names, "known": known})
    if not blanks.is_whole(kept):
        sentence = _(
            "A pair of braces is opened and not closed, or closed and not opened. A variable is written like {{number}}."
        )
        raise Invalid("reply-template-braces", sentence)
    if not kept:
        return Said()
    salt = secrets.token_bytes(SALT_BYTES)
    return Said(kept, salt, text_commitment(kept, salt))


def _check_name_free(wanted: ReplyWords, name: str, code: str, *, but: uuid.UUID | None = None) -> None:
    same = ReplyTemplate.objects.filter(organisation_code=code, use=wanted.use, name=name, ended_at=None)
    if any(found != but for found in same.values_list("id", flat=True)):
        raise Invalid(
            "reply-template-twice", _("There is one of this name for the same use. Please give it another name.")
        )


def _locked_reply(actor: Actor, template_id: uuid.UUID) -> ReplyTemplate:
    """Its row, if it is the actor's organisation's or the district's and still offered. Raises Absent."""
    row = ReplyTemplate.objects.select_for_update().filter(id=template_id, ended_at=None).first()
    if row is None or row.organisation_code not in ("", actor.organisation_code):
        raise _reply_absent()
    return row


def _reply_absent() -> Absent:
    return Absent("reply-template-absent", _("This template is offered no longer. What you typed is still here."))


def _reply_fact(actor: Actor, row: ReplyTemplate, fact: type[AboutReplyTemplate], **own: Any) -> Fact:
    return fact(
        subject=f"reply-template:{row.id}",
        organisation_code=actor.organisation_code,
        template_id=str(row.id),
        for_all=not row.organisation_code,
        **own,
    )
