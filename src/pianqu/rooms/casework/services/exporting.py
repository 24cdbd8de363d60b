"""Tables of matters: a post asks for one, fetches it, or wants it no more; the house's own program says that it is made.

The file is written outside of every transaction (`jobs.py`). Until `make_export` has named it there is none to be fetched.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation import growing
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused, Unavailable
from pianqu.foundation.ids import new_id
from pianqu.foundation.tables import FORMS, has_parquet
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import ExportAsked, ExportMade, ExportsPutAway, ExportStopped, ExportTaken
from pianqu.rooms.casework.models import Export
from pianqu.rooms.casework.queries import ASKED, CANCELLED, IN_WORDS, READY, STOPPED, CaseFilter, ExportFile
from pianqu.rooms.ledger import services as ledger

KEPT = timedelta(days=3)
"""So long a table can be fetched."""
MOST_WAITING, MOST_KEPT = 3, 12
"""Tables of one post: that are to be written, and that there are at all."""


@verb
def ask_for_export(
    *,
    actor: Actor,
    form: str,
    filters: CaseFilter,
    with_words: bool = False,
    purpose: str = "",
    language: str,
    now: datetime,
) -> uuid.UUID:
    """Ask for a table of what the list shows with this filter. The same one again, while it waits, is the same one.

    With words (landmarks, what people said, what was answered) it says what for. Raises Forbidden, Invalid, Refused, Unavailable.
    """
    rules.check_may_export(actor)
    _check_form(form)
    why = kernel.excerpt(kernel.clean(purpose), 200) if with_words else ""
    if with_words and not why:
        raise Invalid(
            "export-purpose", _("Please say what the words are needed for; it is written down with the table.")
        )
    own = Export.objects.filter(post_id=actor.acting_post_id, expires_at__gt=now)
    kept = queries.kept_filter(filters)
    for same in own.filter(state=ASKED, form=form, with_words=with_words, language=language):
        if same.filters == kept and same.purpose == why:
            return same.id
    if own.filter(state=ASKED).count() >= MOST_WAITING:
        raise Refused("export-many", _("Three tables are being made already. Wait for one, or cancel one."))
    if own.count() >= MOST_KEPT:
        raise Refused("export-full", _("There are twelve tables already. Please delete one that you do not need."))
    row = Export.objects.create(
        id=new_id(),
        post_id=actor.acting_post_id or "",
        account_id=uuid.UUID(actor.account_id or ""),
        organisation_code=actor.organisation_code,
        form=form,
        filters=kept,
        with_words=with_words,
        purpose=why,
        language=language,
        state=ASKED,
        asked_at=now,
        expires_at=now + KEPT,
    )
    told = ExportAsked(
        subject=f"export:{row.id}",
        organisation_code=actor.organisation_code,
        export_id=str(row.id),
        form=form,
        with_words=with_words,
        filters=tuple(name if name == "text" else f"{name}={value}" for name, value in sorted(kept.items())),
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


def _check_form(form: str) -> None:
    if form not in FORMS:
        raise Invalid("export-form", _("Please choose one of the listed formats."))
    if form == "parquet" and not has_parquet():
        sentence = _("Parquet is not installed here: the operator adds it with the extra “analysis” (pyarrow).")
        raise Unavailable("parquet-missing", sentence)


@verb
def cancel_export(*, actor: Actor, export_id: uuid.UUID, now: datetime) -> None:
    """It is not wanted any more: what is being written stops, what is made is destroyed. Harmless to repeat. Raises Absent."""
    row = _own(actor, export_id, now)
    if row.state != STOPPED:
        _stop(row, CANCELLED, actor, now)


@verb
def take_export(*, actor: Actor, export_id: uuid.UUID, now: datetime) -> ExportFile:
    """The file for its post. That it was fetched is recorded; with words in it, as an access to personal data.

    Raises Absent, and Refused while it is not ready or where the post sees other matters now than when it was made.
    """
    row = _own(actor, export_id, now)
    if row.state != READY:
        raise Refused("export-not-ready", _("This table is not ready. Its page says how far it is."))
    if row.scope_mark != queries.scope_mark(actor):
        raise Refused(
            "export-other-scope",
            _(
                "What you may see has changed since this table was made, so it is not handed out. Please ask for it anew."
            ),
        )
    told = ExportTaken(
        subject=f"export:{row.id}",
        organisation_code=actor.organisation_code,
        export_id=str(row.id),
        form=row.form,
        matters=row.matters or 0,
        with_words=row.with_words,
    )
    ledger.record([told], actor=actor, now=now)
    if row.with_words and row.matters:
        ledger.record_access(actor=actor, subject=f"export:{row.id}", purpose=row.purpose, fields=IN_WORDS, now=now)
    called = f"matters-{timezone.localtime(row.asked_at):%Y%m%d-%H%M}.{FORMS[row.form].suffix}"
    return ExportFile(name=row.file_name, form=row.form, called=called)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A whole file, and of what it was made."""

    file_name: str
    size: int
    matters: int
    scope_mark: str


@verb
def make_export(*, actor: Actor, export_id: uuid.UUID, made: Made, now: datetime) -> bool:
    """The file is whole: from now on it can be fetched. No where its post does not want it any more."""
    rules.check_is_own_program(actor)
    row = Export.objects.select_for_update().filter(id=export_id, state=ASKED).first()
    if row is None:
        return False
    row.state, row.file_name, row.size, row.matters = READY, made.file_name, made.size, made.matters
    row.scope_mark, row.ready_at, row.expires_at = made.scope_mark, now, now + KEPT
    row.save()
    told = ExportMade(
        subject=f"export:{row.id}",
        organisation_code=row.organisation_code,
        export_id=str(row.id),
        matters=made.matters,
    )
    ledger.record([told], actor=actor, now=now)
    return True


@verb
def stop_export(*, actor: Actor, export_id: uuid.UUID, reason: str, now: datetime) -> None:
    """It cannot be made; its page says why."""
    rules.check_is_own_program(actor)
    row = Export.objects.select_for_update().filter(id=export_id, state=ASKED).first()
    if row is not None:
        _stop(row, reason, actor, now)


@verb
def put_away_exports(*, actor: Actor, now: datetime) -> int:
    """Destroy what is over, rows and files; answers how many. At most some hundred at a time."""
    rules.check_is_own_program(actor)
    rows = list(Export.objects.filter(id__in=queries.exports_over(now=now)))
    if rows:
        for row in rows:
            _destroy_file(row)
        Export.objects.filter(id__in=[row.id for row in rows]).delete()
        code = actor.organisation_code
        told = ExportsPutAway(subject=f"organisation:{code}", organisation_code=code, exports=len(rows))
        ledger.record([told], actor=actor, now=now)
    return len(rows)


def stop_for_erasure(actor: Actor, now: datetime) -> None:
    """A matter's words were destroyed: no table that may hold them outlives that."""
    for row in Export.objects.select_for_update().exclude(state=STOPPED):
        _stop(row, queries.ERASED, actor, now)


def _own(actor: Actor, export_id: uuid.UUID, now: datetime) -> Export:
    rows = Export.objects.select_for_update().filter(post_id=actor.acting_post_id or "-", expires_at__gt=now)
    row = rows.filter(id=export_id).first()
    if row is None:
        raise Absent("export-absent", _("There is no such table, or it is over."))
    return row


def _stop(row: Export, reason: str, actor: Actor, now: datetime) -> None:
    _destroy_file(row)
    row.state, row.reason, row.file_name, row.size = STOPPED, reason, "", None
    row.save()
    told = ExportStopped(
        subject=f"export:{row.id}", organisation_code=row.organisation_code, export_id=str(row.id), reason=reason
    )
    ledger.record([told], actor=actor, now=now)


def _destroy_file(row: Export) -> None:
    if row.file_name:
        transaction.on_commit(partial(growing.remove, row.file_name))
