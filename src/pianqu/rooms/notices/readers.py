"""What notices does when facts come: a line in an organisation's inbox, a message planned for who reported.

Two readers with cursors of their own. The inbox is derived: a replay makes the same lines again. Messages are not: `Planned`
keeps how far they were planned, so that a replay plans none twice, and what happened long ago is not sent any more.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.rooms.casework import facts as told
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger.services import Heard
from pianqu.rooms.notices.facts import AboutOutage, SendSettled, WebhookBack, WebhookSilent
from pianqu.rooms.notices.models import Call, Notice, Outgoing, Planned, Webhook
from pianqu.rooms.notices.queries import OF_PERSONS
from pianqu.rooms.partners.facts import LetterReceived
from pianqu.rooms.planning.facts import RunEnded

INBOX, MESSAGES, WEBHOOKS = "notices.inbox", "notices.messages", "notices.webhooks"
TOO_OLD = timedelta(days=1)
"""What was recorded longer ago is of no use as a message: the reader stood still, or history was taken over."""
BAD_SCORE = 2
Heeded = (
    told.CaseOpened
    | told.AboutCase
    | told.CaseExtended
    | LetterReceived
    | told.AboutWhistle
    | told.AboutForce
    | AboutOutage
    | RunEnded
)
Addressed = Iterator[tuple[str, bool]]
"""Organisation and whether it is urgent."""

# the inbox -----------------------------------------------------------------------------------------------------------


def hear(heard: Sequence[Heard]) -> None:
    """Put a page of facts into the inboxes, in three statements at most."""
    facts = [(item, fact, _about(fact)) for item in heard if isinstance(fact := item.fact, Heeded)]
    holders = casework.holders({about for _item, _fact, about in facts})
    Notice.objects.bulk_create(
        [
            Notice(
                position=item.position,
                organisation_code=code,
                kind=_kind(item, fact),
                case_id=about,
                urgent=urgent,
                at=item.recorded_at,
            )
            for item, fact, about in facts
            for code, urgent in _addressed(fact, holders.get(about, ""))
        ],
        ignore_conflicts=True,
    )


def _about(fact: Heeded) -> uuid.UUID:
    """The matter; the transfer of what was only offered yet; a call to the spot; a joint task force; another system; what was
    computed."""
    if isinstance(fact, AboutOutage):
        return uuid.UUID(fact.webhook_id)
    if isinstance(fact, RunEnded):
        return uuid.UUID(fact.subject.partition(":")[2])
    if isinstance(fact, told.AboutWhistle):
        return uuid.UUID(fact.whistle_id)
    if isinstance(fact, told.AboutForce) and not isinstance(fact, told.ForceGiven):
        return uuid.UUID(fact.force_id)
    return uuid.UUID(fact.case_id or getattr(fact, "transfer_id", ""))


def _kind(item: Heard, fact: Fact) -> str:
    """What an inbox calls it."""
    if isinstance(fact, RunEnded):
        return f"run-{fact.run_kind}-{fact.state}"
    return f"letter-{fact.letter_kind}" if isinstance(fact, LetterReceived) else item.kind.partition(".")[2]


def forget() -> None:
    """Remove every inbox's lines, before a replay."""
    Notice.objects.all().delete()


def _addressed(fact: Fact, holder: str) -> Addressed:
    """Whom a fact concerns, each once; not who did it: that one knows."""
    rule = _CONCERNS.get(type(fact))
    seen = {fact.organisation_code} if type(fact) not in _TOLD_TO_ALL else set()
    for code, urgent in rule(fact, holder) if rule else ():
        if code and code not in seen:
            seen.add(code)
            yield code, urgent


def _dispatched(fact: told.CaseDispatched, _holder: str) -> Addressed:
    yield fact.lead_code, False
    for code in fact.helper_codes:
        yield code, False


def _rated(fact: told.CaseRated, holder: str) -> Addressed:
    if fact.score <= BAD_SCORE:
        yield casework.centre_code(), True
        yield holder, True


def _handed_over(fact: told.CaseHandedOver | told.CaseRehomed, _holder: str) -> Addressed:
    for _role, _old, new in fact.moves:
        yield new, False


def _centre(_fact: Fact, _holder: str) -> Addressed:
    yield casework.centre_code(), False


def _holder(_fact: Fact, holder: str) -> Addressed:
    yield holder, False


def _both(_fact: Fact, holder: str) -> Addressed:
    yield casework.centre_code(), False
    yield holder, False


def _task(fact: told.TaskJoined | told.ObjectionReviewed, _holder: str) -> Addressed:
    yield fact.task_code, False


def _dangerous(fact: told.CaseOpened | told.CaseExtended, holder: str) -> Addressed:
    """What sounds dangerous is told at once to the centre and to who has it; what is added, to who has it anyway."""
    if fact.danger:
        yield casework.centre_code(), True
        yield holder, True
    elif isinstance(fact, told.CaseExtended):
        yield holder, False


def _pressed(_fact: Fact, holder: str) -> Addressed:
    yield holder, True


def _due_soon(fact: told.CaseDueSoon, _holder: str) -> Addressed:
    yield fact.holder_code, True


def _escalated(fact: told.CaseEscalated, _holder: str) -> Addressed:
    yield fact.from_code, True
    yield fact.to_code, True


def _part_escalated(fact: told.TaskEscalated, _holder: str) -> Addressed:
    yield fact.task_code, True
    yield fact.to_code, True


def _letter(fact: LetterReceived, holder: str) -> Addressed:
    """What needs somebody: an offer, a refusal of ours, or that the other side takes its matter back."""
    if fact.letter_kind in ("offered", "declined", "refused", "withdrawn"):
        yield casework.centre_code(), fact.letter_kind == "declined"
        yield holder, False


def _moved(fact: told.PlatformChanged, _holder: str) -> Addressed:
    """Who led it until now, the centre, which gives it to somebody on its new platform, and who takes part there."""
    yield fact.holder_code, False
    yield casework.centre_code(), False
    for code in fact.member_codes:
        yield code, False


def _called(fact: told.JointCalled, _holder: str) -> Addressed:
    for code in fact.helper_codes:
        yield code, False


def _asked(fact: told.ExtensionAsked, holder: str) -> Addressed:
    yield holder, False


def _called_to(fact: told.WhistleBlown, _holder: str) -> Addressed:
    for code in fact.called_codes:
        yield code, True


def _caller(fact: told.AboutWhistle, _holder: str) -> Addressed:
    yield fact.caller_code, isinstance(fact, told.WhistleObjected)


def _called_one(fact: told.WhistleDecided | told.WhistleDueSoon, _holder: str) -> Addressed:
    yield fact.called_code, True


def _whistle_escalated(fact: told.WhistleEscalated, _holder: str) -> Addressed:
    yield fact.called_code, True
    yield fact.to_code, True
    yield fact.caller_code, False


def _in_force(fact: told.ForceFormed | told.ForceGiven | told.ForceEnded, _holder: str) -> Addressed:
    yield fact.lead_code, False
    for code in fact.member_codes:
        yield code, False


def _leaders(_fact: Fact, _holder: str) -> Addressed:
    yield casework.centre_code(), True


def _mentioned(fact: told.ColleaguesMentioned, _holder: str) -> Addressed:
    for code in fact.called_organisations:
        yield code, False


def _administrators(fact: AboutOutage, _holder: str) -> Addressed:
    """Where the installation's administrators are at home."""
    urgent = isinstance(fact, WebhookSilent)
    yield casework.centre_code(), urgent
    yield casework.centre_code().removesuffix("-centre"), urgent


def _who_asked(fact: RunEnded, _holder: str) -> Addressed:
    """Whose computation it was. Where somebody stopped it, they know."""
    if fact.state in ("done", "failed"):
        yield fact.organisation_code, fact.state == "failed"


_CONCERNS: Mapping[type[Fact], Callable[..., Addressed]] = {
    told.CaseDispatched: _dispatched,
    told.TaskJoined: _task,
    told.TaskReturned: _centre,
    told.TaskDone: _holder,
    told.DispatchObjected: _centre,
    told.ObjectionReviewed: _task,
    told.PingPongAlarmed: _leaders,
    told.PlatformChanged: _moved,
    told.PlatformPingPong: _leaders,
    told.JointCalled: _called,
    told.ColleaguesMentioned: _mentioned,
    told.ExtensionAsked: _asked,
    told.ExtensionDecided: _holder,
    told.CaseOpened: _dangerous,
    told.CaseExtended: _dangerous,
    told.CaseWithdrawn: _holder,
    told.CaseRated: _rated,
    told.CaseReopened: _both,
    told.CaseSupervised: _pressed,
    told.SupervisionRepeated: _pressed,
    told.SupervisionAnswered: _centre,
    told.SupervisionAccepted: _holder,
    told.SupervisionLifted: _holder,
    told.SupervisionDueSoon: _due_soon,
    told.SupervisionEscalated: _escalated,
    told.CaseDueSoon: _due_soon,
    told.CaseEscalated: _escalated,
    told.TaskEscalated: _part_escalated,
    told.CaseHandedOver: _handed_over,
    told.CaseRehomed: _handed_over,
    LetterReceived: _letter,
    told.WhistleBlown: _called_to,
    told.WhistleAnswered: _caller,
    told.WhistleObjected: _caller,
    told.WhistleDecided: _called_one,
    told.WhistleArrived: _caller,
    told.WhistleFinished: _caller,
    told.WhistleDueSoon: _called_one,
    told.WhistleEscalated: _whistle_escalated,
    told.ForceFormed: _in_force,
    told.ForceGiven: _in_force,
    told.ForceEnded: _in_force,
    WebhookSilent: _administrators,
    WebhookBack: _administrators,
    RunEnded: _who_asked,
}
_TOLD_TO_ALL = frozenset(
    {
        told.CaseDueSoon,
        told.CaseEscalated,
        told.TaskEscalated,
        told.SupervisionDueSoon,
        told.SupervisionEscalated,
        told.CaseOpened,
        told.CaseExtended,
        told.CaseWithdrawn,
        told.CaseRated,
        told.CaseReopened,
        told.ExtensionAsked,
        told.ColleaguesMentioned,
        told.CaseHandedOver,
        told.CaseRehomed,
        told.PingPongAlarmed,
        told.PlatformPingPong,
        told.WhistleDueSoon,
        told.WhistleEscalated,
        LetterReceived,
        WebhookSilent,
        WebhookBack,
        RunEnded,
    }
)
"""Facts that the organisation in whose chain they stand did not bring about itself, or that its leaders have to decide on."""

# messages ------------------------------------------------------------------------------------------------------------

TELLS: Mapping[type[Fact], str] = {
    told.CaseAccepted: "accepted",
    told.CaseResolved: "resolved",
    told.CaseReopened: "reopened",
    told.ExtensionDecided: "later",
    told.CaseClosed: "closed",
}
"""What a reporter who wants to be told is told of; `later` only where more time was given."""


def plan(heard: Sequence[Heard]) -> None:
    """Plan messages for whoever wants them, each fact's once for ever; and settle what somebody found out."""
    planned, _made = Planned.objects.get_or_create(name=MESSAGES)
    fresh = [item for item in heard if item.position > planned.up_to]
    if not fresh:
        return
    now = timezone.now()
    _plan([item for item in fresh if type(item.fact) in TELLS], now)
    for item in fresh:
        if isinstance(item.fact, SendSettled):
            _settle(item.fact, now)
    planned.up_to = fresh[-1].position
    planned.save(update_fields=["up_to"])


def keep() -> None:
    """Nothing is removed before a replay: what was sent stays sent."""


def _plan(items: Sequence[Heard], now: datetime) -> None:
    news = [
        (item, fact)
        for item in items
        if isinstance(fact := item.fact, told.AboutCase | told.CaseResolved | told.CaseClosed)
        and now - item.recorded_at < TOO_OLD
        and _is_news(fact)
    ]
    wanted = casework.told_by({uuid.UUID(fact.case_id) for _item, fact in news})
    Outgoing.objects.bulk_create(
        [
            Outgoing(
                id=new_id(),
                position=item.position,
                case_id=case_id,
                case_code=wanted[case_id][0],
                kind=TELLS[type(fact)],
                channel=wanted[case_id][1],
                planned_at=now,
                next_at=now,
            )
            for item, fact in news
            if (case_id := uuid.UUID(fact.case_id)) in wanted
        ],
        ignore_conflicts=True,
    )


def _is_news(fact: Fact) -> bool:
    """Not what an importer claims of another time, and no refusal of more time."""
    if isinstance(fact, told.ExtensionDecided):
        return fact.granted
    return not getattr(fact, "imported_from", "")


def _settle(fact: SendSettled, now: datetime) -> None:
    state = {"arrived": "sent", "again": "waiting", "given-up": "dropped"}[fact.outcome]
    doubtful = Outgoing.objects.filter(id=uuid.UUID(fact.outgoing_id), state="doubtful")
    doubtful.update(state=state, next_at=now, outcome=f"settled: {fact.outcome}")


# other systems -------------------------------------------------------------------------------------------------------


def tell_systems(heard: Sequence[Heard]) -> None:
    """Plan a message to each system that wants facts of this kind, each fact's once for ever."""
    planned, _made = Planned.objects.get_or_create(name=WEBHOOKS)
    fresh = [item for item in heard if item.position > planned.up_to]
    if not fresh:
        return
    now = timezone.now()
    hooks = list(Webhook.objects.filter(dropped_at=None))
    Call.objects.bulk_create(
        [
            Call(
                id=new_id(),
                webhook=hook,
                position=item.position,
                kind=item.kind,
                subject=item.subject,
                organisation_code=item.organisation_code,
                recorded_at=item.recorded_at,
                next_at=now,
            )
            for item in fresh
            for hook in hooks
            if item.kind in hook.kinds and item.kind not in OF_PERSONS and item.position >= hook.since
        ],
        ignore_conflicts=True,
    )
    planned.up_to = fresh[-1].position
    planned.save(update_fields=["up_to"])
