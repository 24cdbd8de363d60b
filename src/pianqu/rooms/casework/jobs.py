"""What the worker does for casework: tables of matters, dates that new terms move, forecasts, hot issues, acts on many, and
where matters lie in a new grid.

Tables are written page by page, several in turn, so that a small one waits for no large one.

Each page is read by a statement of its own, and no transaction stays open. Who writes holds the export for a while and says
so again with each page: a writer that died lets go by itself, and another one begins from the first row.
"""

import logging
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from pianqu.foundation import growing
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem, Unavailable
from pianqu.foundation.growing import Growing
from pianqu.foundation.tables import FORMS, Cell, Table, has_parquet
from pianqu.kernels import breach
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import (
    BulkAct,
    ExportRun,
    Forecast,
    HotIssue,
    HotMatter,
    HotRun,
    RuleCursor,
    RuleTrial,
    RuleTrialRun,
)
from pianqu.rooms.casework.queries import POST_ENDED, STUMBLED, ExportWork, Names
from pianqu.rooms.casework.services.likening import keep_likeness
from pianqu.rooms.directory import queries as directory

log = logging.getLogger("pianqu.casework")
PAGE = 2_000
AT_ONCE = 4
HOLD = timedelta(seconds=30)
"""So long a writer keeps an export without a word."""
TRIES = 3
"""So often a table is begun; one that its writer never survives is given up."""
SAY_EVERY = timedelta(seconds=1)
TRIAL_HOLD = timedelta(minutes=1)
UNNAMED = timedelta(hours=1)
"""A file that no export names is kept so long: it may be one that is being written."""


def write_exports(*, actor: Actor) -> int:
    """Write every table that waits, and those that are asked for meanwhile; answers how many were brought to an end."""
    writers: dict[uuid.UUID, Iterator[int]] = {}
    done = 0
    try:
        while True:
            for work in queries.exports_to_write(now=timezone.now(), most=AT_ONCE - len(writers)):
                writers.setdefault(work.export_id, written(work, actor=actor))
            if not writers:
                return done
            for export_id, writer in list(writers.items()):
                if next(writer, None) is None:
                    del writers[export_id]
                    done += 1
    finally:
        for writer in writers.values():
            getattr(writer, "close", lambda: None)()


def written(work: ExportWork, *, actor: Actor, page_size: int = PAGE) -> Iterator[int]:
    """Write one table, a page at each step; tells how many rows stand. However it ends, no half file is left."""
    token = secrets.token_hex(8)
    if not _hold(work.export_id, token, timezone.now()):
        return
    if _tries(work.export_id) > TRIES:
        _stop(work, STUMBLED, actor)
        return
    try:
        yield from _begun(work, token, actor, page_size)
    except (OSError, Unavailable) as error:
        problem = error if isinstance(error, Unavailable) else growing.cannot(error)
        _stop(work, problem.code, actor)
    finally:
        _let_go(work.export_id, token)


def _begun(work: ExportWork, token: str, actor: Actor, page_size: int) -> Iterator[int]:
    if work.form == "parquet" and not has_parquet():
        raise Unavailable("parquet-missing", _("Parquet is not installed here."))
    holder = _holder(work)
    if holder is None:
        _stop(work, POST_ENDED, actor)
        return
    file = Growing(f"{work.export_id.hex}-{token}.{FORMS[work.form].suffix}")
    table: Table | None = None
    try:
        with override(work.language):
            columns, title = queries.export_columns(with_words=work.with_words), _("Matters")
            names = Names(timezone.localdate(work.asked_at))
        table = FORMS[work.form].begin(file.file, columns, title)
        writing = _Writing(work, token, actor, holder, names, page_size)
        for rows in writing.pages():
            table.add(rows)
            file.check_room()
            yield writing.count
        if writing.is_whole:
            table.finish()
            _keep(writing, file)
    finally:
        if table is not None:
            table.give_up()
        file.drop()


class _Writing:
    """One table that is being written: what was read of it, and whether it is still to be read on."""

    def __init__(self, work: ExportWork, token: str, actor: Actor, holder: Actor, names: Names, page_size: int) -> None:
        self.work, self.token, self.actor, self.mark = work, token, actor, queries.scope_mark(holder)
        self.count, self.is_whole = 0, False
        self._holder, self._names, self._size = holder, names, page_size
        self._total = queries.export_total(holder, work.filters, now=work.asked_at)
        self._said = timezone.now() - SAY_EVERY

    def pages(self) -> Iterator[tuple[tuple[Cell, ...], ...]]:
        """The rows, page by page, for as long as they are wanted; then `is_whole` says whether these were all."""
        page = ""
        while self._goes_on():
            with override(self.work.language):
                read = queries.export_page(
                    self._holder,
                    self.work.filters,
                    self._names,
                    with_words=self.work.with_words,
                    page=page,
                    size=self._size,
                    now=self.work.asked_at,
                )
            self.count, page = self.count + len(read.rows), read.next_page
            yield read.rows
            if not page:
                self.is_whole = self._is_allowed()
                return

    def _goes_on(self) -> bool:
        """Not where its post wants it no more, nor where another writer took it over."""
        if not (queries.export_waits(self.work.export_id) and self._is_allowed()):
            return False
        now = timezone.now()
        if now - self._said < SAY_EVERY:
            return True
        self._said = now
        return _say(self.work.export_id, self.token, written=self.count, total=self._total)

    def _is_allowed(self) -> bool:
        """The post is held still, and sees what it saw: one table has one scope; under another one it is begun anew."""
        holder = _holder(self.work)
        if holder is None:
            _stop(self.work, POST_ENDED, self.actor)
        return holder is not None and queries.scope_mark(holder) == self.mark


def _keep(writing: _Writing, file: Growing) -> None:
    made = services.Made(file_name=file.name, size=file.keep(), matters=writing.count, scope_mark=writing.mark)
    if not services.make_export(actor=writing.actor, export_id=writing.work.export_id, made=made, now=timezone.now()):
        growing.remove(file.name)


def _holder(work: ExportWork) -> Actor | None:
    """Who asked, in the post in which they asked, if they hold it still."""
    return directory.actor_for(work.account_id, work.post_id, timezone.now())


def _hold(export_id: uuid.UUID, token: str, now: datetime) -> bool:
    """Become the export's writer; no where another one is."""
    ExportRun.objects.bulk_create([ExportRun(export_id=export_id, held_until=now)], ignore_conflicts=True)
    free = ExportRun.objects.filter(export_id=export_id, held_until__lte=now)
    return bool(free.update(token=token, held_until=now + HOLD, tries=F("tries") + 1, written=0, total=None))


def _tries(export_id: uuid.UUID) -> int:
    return ExportRun.objects.values_list("tries", flat=True).get(export_id=export_id)


def _say(export_id: uuid.UUID, token: str, *, written: int, total: int | None) -> bool:
    mine = ExportRun.objects.filter(export_id=export_id, token=token)
    return bool(mine.update(written=written, total=total, held_until=timezone.now() + HOLD))


def _let_go(export_id: uuid.UUID, token: str) -> None:
    ExportRun.objects.filter(export_id=export_id, token=token).update(held_until=timezone.now())


def _stop(work: ExportWork, reason: str, actor: Actor) -> None:
    services.stop_export(actor=actor, export_id=work.export_id, reason=reason, now=timezone.now())


def put_away_exports(*, actor: Actor, now: datetime) -> int:
    """Destroy the tables that are over, and files that no table names; answers how many went."""
    gone = 0
    while count := services.put_away_exports(actor=actor, now=now):
        gone += count
    ExportRun.objects.filter(held_until__lte=now - services.KEPT * 3).delete()
    names = list(growing.last_written_before(now - UNNAMED))
    for name in set(names) - queries.export_files(names):
        growing.sweep(name)
        gone += 1
    return gone


# dispatch ------------------------------------------------------------------------------------------------------------


def dispatch_by_rules(*, actor: Actor, now: datetime) -> int:
    """Dispatch what came in where an automatic rule fits and a duty list names the lead; answers how many."""
    fresh, done = services.due_for_rules(now=now), 0
    for case in fresh:
        found = queries.suggestion_for(case, now=now)
        if found is None or not services.may_go_alone(actor, found):
            continue
        try:
            services.dispatch_case(
                actor=actor,
                case_id=case.id,
                lead_code=found.lead_code,
                helper_codes=found.helper_codes,
                nature=found.nature,
                template_code=found.template_code,
                automatic=True,
                now=now,
            )
            done += 1
        except Problem:  # somebody dispatched it meanwhile, or a list changed: a person looks at it
            continue
    if fresh:
        _tried(fresh[-1].opened_at, now)
    return done


def _tried(up_to: datetime, now: datetime) -> None:
    if (version := queries.rules_in_force(timezone.localdate(now))) is not None:
        RuleCursor.objects.update_or_create(version=version.number, defaults={"up_to": up_to})


def try_rules(*, actor: Actor, now: datetime | None = None) -> int:
    """Bring every trial of rules that waits to its end; answers how many."""
    done = 0
    while trial := _next_trial(now or timezone.now()):
        _try(trial, actor)
        done += 1
    return done


def _next_trial(now: datetime) -> RuleTrial | None:
    held = RuleTrialRun.objects.filter(held_until__gt=now).values("trial_id")
    for row in RuleTrial.objects.filter(state=queries.TRIAL_ASKED).exclude(id__in=held).order_by("asked_at", "id"):
        run, fresh = RuleTrialRun.objects.get_or_create(trial_id=row.id, defaults={"held_until": now + TRIAL_HOLD})
        if fresh:
            return row
        taken = RuleTrialRun.objects.filter(trial_id=row.id, held_until=run.held_until)
        if taken.update(held_until=now + TRIAL_HOLD, tries=F("tries") + 1):
            return row
    return None


def _try(trial: RuleTrial, actor: Actor) -> None:
    """Read page by page, outside of every transaction; what its post sees is decided by the scope it has now."""
    holder = directory.actor_for(trial.account_id, uuid.UUID(trial.post_id), timezone.now())
    tries = RuleTrialRun.objects.get(trial_id=trial.id).tries
    if holder is None or tries > TRIES:
        services.end_trial(actor=actor, trial_id=trial.id, outcome=None, now=timezone.now())
        return
    trying = services.Trying(trial.rules, services.other_rules(trial.compared), timezone.localdate())
    for done in trying.pages(queries.came_in(holder, trial.since, trial.until)):
        RuleTrialRun.objects.filter(trial_id=trial.id).update(done=done, held_until=timezone.now() + TRIAL_HOLD)
    services.end_trial(
        actor=actor,
        trial_id=trial.id,
        outcome=trying.outcome(),
        total=trying.done,
        scope_mark=queries.scope_mark(holder),
        now=timezone.now(),
    )


def apply_clock_rules(*, actor: Actor, now: datetime) -> int:
    """Move open matters' dates by terms whose day has come, some at a time; answers how many batches there were.

    A worker that is stopped goes on where it stood: each batch is a transaction of its own.
    """
    batches = 0
    for version_id in queries.versions_to_apply(now=now):
        goes_on = True
        while goes_on:
            goes_on = services.apply_clock_rules(actor=actor, version_id=version_id, now=now)
            batches += 1
    return batches


def rehome(*, actor: Actor, now: datetime) -> int:
    """Locate open matters in grids whose day has come, some at a time; answers how many batches there were."""
    batches = 0
    for version_id in queries.to_rehome(on=timezone.localdate(now)):
        goes_on = True
        while goes_on:
            goes_on = services.rehome_cases(actor=actor, version_id=version_id, now=now)
            batches += 1
    return batches


# forecasts -----------------------------------------------------------------------------------------------------------

LEARN_EVERY = timedelta(hours=20)
FORECASTS_AT_ONCE = 500
REASONS = 4


def forecast(*, actor: Actor, now: datetime) -> int:
    """Learn once a night, then say of every open matter how likely it is to be late; answers how many there are.

    Where there is no model that may be asked (too few matters, not good enough, damaged) nothing is said of any.
    """
    card = queries.breach_card()
    if card is None or card.is_broken or card.learned_at <= now - LEARN_EVERY:
        learn_breach(actor=actor, now=now)
    return forecast_open(now=now)


def learn_breach(*, actor: Actor, now: datetime) -> bool:
    """Learn from the district's own matters whose date has passed; no where there are too few or nothing tells them apart."""
    moments = queries.moments_to_learn(now=now)
    matters = len({moment.case_id for moment in moments})
    if matters < queries.ENOUGH:
        return False
    asked, late = [moment.asked for moment in moments], [moment.late for moment in moments]
    cut = len(moments) * 4 // 5
    try:
        tried, model = breach.learn(asked[:cut], late[:cut]), breach.learn(asked, late)
    except ValueError:
        return False
    said = [breach.forecast(tried, one).likelihood for one in asked[cut:]]
    content = breach.write(model)
    learned = services.Learned(
        content=content,
        digest=breach.digest_of(content),
        matters=matters,
        late_share=sum(late) / len(late),
        auc=breach.auc(said, late[cut:]),
        ece=breach.calibration_error(said, late[cut:]),
        queue_auc=breach.auc(breach.rates(asked[:cut], late[:cut], asked[cut:]), late[cut:]),
    )
    services.keep_breach_model(actor=actor, learned=learned, now=now)
    return True


def forecast_open(*, now: datetime) -> int:
    """Say anew what is likely late; what is not open any more, or overdue by now, is not spoken of."""
    model = queries.breach_model()
    asked = list(queries.asked_now(now=now)) if model else []
    rows = [_said(case_id, breach.forecast(model, one, most=REASONS), now) for case_id, one in asked] if model else []
    with transaction.atomic():
        Forecast.objects.all().delete()
        Forecast.objects.bulk_create(rows, batch_size=FORECASTS_AT_ONCE)
    return len(rows)


def _said(case_id: uuid.UUID, said: breach.Forecast, now: datetime) -> Forecast:
    return Forecast(case_id=case_id, risk=round(said.likelihood * 1000), reasons=list(said.reasons), asked_at=now)


def carry_answers(*, actor: Actor) -> int:
    """Bring joint answers to all who joined, one batch of each in turn; what can be found as like a report is kept true."""
    done = keep_likeness()
    waiting = list(queries.joint_answers())
    while waiting:
        carried = [(one, _carry(actor, one)) for one in waiting]
        done += sum(count for _one, count in carried)
        waiting = [one for one, count in carried if count]
    return done


def _carry(actor: Actor, answer_id: uuid.UUID) -> int:
    """One batch; an answer that cannot be carried now holds up no other, and is tried again at the next turn."""
    try:
        return services.carry_answer(actor=actor, answer_id=answer_id, now=timezone.now())
    except Exception:
        log.exception("joint answer %s stopped; it is gone on with at the next turn", answer_id)
        return 0


# acts on many ---------------------------------------------------------------------------------------------------------


def run_bulks(*, actor: Actor, clock: Callable[[], datetime]) -> int:
    """Go on with every bulk act that is due; one that cannot be gone on with now holds up no other."""
    turns = 0
    for bulk_id in queries.bulk_acts_due(now=clock()):
        try:
            turns += run_bulk(actor=actor, bulk_id=bulk_id, clock=clock)
        except Exception:
            log.exception("bulk act %s stopped; it is gone on with at the next turn", bulk_id)
    return turns


def run_bulk(*, actor: Actor, bulk_id: uuid.UUID, clock: Callable[[], datetime]) -> int:
    """Go on with one bulk act where it stands; answers how many matters had their turn. `clock` is read for each matter."""
    language = BulkAct.objects.values_list("language", flat=True).get(id=bulk_id)
    turns = 0
    with override(language or None):
        for item_id in queries.bulk_items_waiting(bulk_id):
            _have_turn(item_id, actor, clock)
            turns += 1
        services.end_bulk(actor=actor, bulk_id=bulk_id, now=clock())
    return turns


def _have_turn(item_id: int, actor: Actor, clock: Callable[[], datetime]) -> None:
    """One matter, done or refused. An error that no rule gave is logged and told in a sentence, and the others go on."""
    try:
        services.do_bulk_item(actor=actor, item_id=item_id, now=clock())
        return
    except Problem as problem:
        reason, sentence = problem.code, problem.message
    except Exception:
        log.exception("item %s of a bulk act failed", item_id)
        reason = services.STUMBLED
        sentence = _("The program failed here, so this matter was left as it was. Please do it on its own page.")
    services.refuse_bulk_item(actor=actor, item_id=item_id, reason=reason, sentence=sentence, now=clock())


# hot issues ----------------------------------------------------------------------------------------------------------
# Streets are looked at one after the other: what lies in two is never one issue. Nothing is known of a person but the mark
# by which they count once, and it is kept in memory for as long as the counting takes.

MOST_COMPARED = 6_000
"""So many matters of a street are compared, the latest; more would take longer than they tell."""
SMALLEST = 3
"""Fewer matters, or fewer people, are no hot issue."""
ANEW = {queries.SHORT: timedelta(minutes=55), queries.LONG: timedelta(hours=20)}
"""How old a finding may become."""
_NAMES = uuid.UUID("6f1d5c0e-51c4-5a0f-9d3c-0d3a1b7c9e42")
_EPOCH = datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone())


def find_hot_issues(*, now: datetime) -> int:
    """Look anew over both spans where the last look is too old; answers how many issues there are in what was looked at."""
    last = queries.hot_runs()
    due = [span for span, old in ANEW.items() if span not in last or last[span].found_at <= now - old]
    return sum(find_hot_issues_in(span, now=now) for span in due)


def find_hot_issues_in(span_days: int, *, now: datetime) -> int:
    """The issues of so many days until now take the place of those that were found before."""
    spoken = queries.spoken(since=now - timedelta(days=span_days), until=now)
    found, compared = list[tuple[HotIssue, Sequence[queries.Spoken]]](), 0
    street_of = _streets(spoken)
    for street, group in groupby(sorted(spoken, key=street_of), key=street_of):
        matters = sorted(group, key=lambda one: (one.opened_at, one.case_id))[-MOST_COMPARED:]
        compared += len(matters)
        found += _issues(matters, street, span_days, now)
    with transaction.atomic():
        HotIssue.objects.filter(span_days=span_days).delete()
        HotIssue.objects.bulk_create([issue for issue, _members in found])
        HotMatter.objects.bulk_create(
            [HotMatter(issue_id=issue.id, case_id=one.case_id) for issue, members in found for one in members]
        )
        run = {"found_at": now, "matters": compared, "left_out": len(spoken) - compared}
        HotRun.objects.update_or_create(span_days=span_days, defaults=run)
    return len(found)


def _streets(spoken: Sequence[queries.Spoken]) -> Callable[[queries.Spoken], str]:
    """In which street each is looked at: what was joined, in that of the matter that it joined, whatever its own."""
    first = {one.same: one.street_code for one in reversed(spoken) if one.street_code}
    first |= {one.same: one.street_code for one in spoken if one.same == str(one.case_id) and one.street_code}
    return lambda one: first.get(one.same, "")


def _issues(
    matters: Sequence[queries.Spoken], street: str, span_days: int, now: datetime
) -> Iterator[tuple[HotIssue, Sequence[queries.Spoken]]]:
    kernel = import_module("pianqu.kernels.hotspots")  # numpy and scipy: only where something is compared
    messages = [
        kernel.Message(
            key=str(one.case_id),
            text=one.words,
            day=_day(one.opened_at),
            place=one.place_code,
            area=street,
            category=one.category,
            same=one.same,
        )
        for one in matters
    ]
    for group in kernel.groups(messages, smallest=SMALLEST):
        members = [matters[number] for number in group.members]
        heat = kernel.heat(
            [(one.voice, _day(one.opened_at)) for one in members], now_day=_day(now), half_life=span_days / 4
        )
        if heat.voices >= SMALLEST:
            yield _issue(members, group.phrases, heat, street, span_days, now), members


def _day(at: datetime) -> float:
    return (at - _EPOCH).total_seconds() / 86_400


def _issue(
    members: Sequence[queries.Spoken],
    phrases: Sequence[str],
    heat: Any,
    street: str,
    span_days: int,
    now: datetime,
) -> HotIssue:
    first = members[0]
    places = {one.place_code for one in members if one.place_code}
    points = [(one.lon, one.lat) for one in members if one.lon is not None and one.lat is not None]
    return HotIssue(
        id=uuid.uuid5(_NAMES, f"{span_days}:{first.case_id}"),
        span_days=span_days,
        category=_commonest(one.category for one in members),
        place_code=places.pop() if len(places) == 1 else "",
        street_code=street,
        lon=round(sum(lon for lon, _lat in points) / len(points), 3) if points else None,
        lat=round(sum(lat for _lon, lat in points) / len(points), 3) if points else None,
        first_at=first.opened_at,
        last_at=members[-1].opened_at,
        matters=len(members),
        voices=heat.voices,
        heat=round(heat.value, 3),
        daily=_daily(members, span_days, now),
        phrases=list(phrases),
        found_at=now,
    )


def _commonest(names: Iterable[str]) -> str:
    counts = Counter(names)
    return min(counts, key=lambda name: (-counts[name], name))


def _daily(members: Sequence[queries.Spoken], span_days: int, now: datetime) -> list[int]:
    """How many came in on each day; the last is today."""
    today = timezone.localdate(now)
    counts = Counter((today - timezone.localdate(one.opened_at)).days for one in members)
    return [counts[ago] for ago in range(span_days, -1, -1)]
