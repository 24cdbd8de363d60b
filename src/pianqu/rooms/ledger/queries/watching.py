"""What everybody may know of how the log is kept: who signed when, how long it took, what is wrong, who has another history."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from pianqu.foundation.ids import made_at
from pianqu.foundation.installation import installation
from pianqu.kernels import policy as policies
from pianqu.kernels.saying import Sentence
from pianqu.rooms.ledger.models import Checkpoint, Cosignature, Fork, Mirror, Position, Watch, WatchedChain, Witness
from pianqu.rooms.ledger.queries.log import LogStatus, log, published, status
from pianqu.rooms.ledger.queries.sentences import read
from pianqu.rooms.ledger.queries.witnesses import policy, witnessed, witnesses

RECENT = 200
"""So many seals are looked at for the usual and the longest time."""
STALLED_S = 60.0
"""An entry that waited longer for its seal is a stall, and a seal that waited longer for its witnesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorCard:
    """A mirror and how far it has come."""

    id: int
    name: str
    vkey: str
    url: str
    since: datetime
    size: int
    behind: int
    heard_at: datetime | None
    trouble: str
    trouble_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkCard:
    """Two histories, with the evidence."""

    size: int
    ours: str
    theirs: str
    shown_by: str
    found_at: datetime

    @property
    def is_of_one_size(self) -> bool:
        """Whether both texts name the same number of entries. If not, theirs is none of the history that ours goes on from."""
        return self.ours.split("\n", 2)[1] == self.theirs.split("\n", 2)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchCard:
    """What the monitor has read again, and what it found."""

    replayed: int
    looked_at: datetime | None
    whole_at: datetime | None
    wrong: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCard:
    """How many entries an organisation has in the log, without a gap."""

    code: str
    entries: int
    last_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A witness's name in the policy and the time that it stated."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCard:
    """One checkpoint: how many entries it added, how long the first of them waited, who signed and when."""

    size: int
    added: int
    sealed_at: datetime
    wait_s: float | None
    """From the first entry's making, by this machine's clock, to the seal; none for the seal of a ledger's set-up."""
    witnessed_at: datetime | None
    asked_at: datetime | None
    signed: tuple[Signed, ...]

    @property
    def witness_s(self) -> float | None:
        """Seconds from the seal to the quorum."""
        return (self.witnessed_at - self.sealed_at).total_seconds() if self.witnessed_at else None

    @property
    def stalled(self) -> bool:
        """Whether its first entry, or its quorum, took too long."""
        return max(self.wait_s or 0.0, self.witness_s or 0.0) > STALLED_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds from recording to seal, or to the quorum where the policy asks for one, over the recent seals."""

    usual_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the log stands."""

    word: str
    """The worst that holds: forked, wrong, behind, waiting, empty, stalled, unwitnessed, alone; or well."""
    status: LogStatus
    forks: int
    watch: WatchCard
    witnessed_size: int
    witnessed_at: datetime | None
    heard_at: datetime | None
    """When a witness of the policy signed last, be it for what it had signed before."""


def verdict(*, now: datetime) -> Verdict:
    """Looked at now."""
    stands, seen, watched, forks = status(), witnessed(), watch(), forks_of_this_log()
    return Verdict(
        word=_word(stands, forks, watched, seen.size if seen else 0, now),
        status=stands,
        forks=forks,
        watch=watched,
        witnessed_size=seen.size if seen else 0,
        witnessed_at=seen.witnessed_at if seen else None,
        heard_at=max((one.heard_at for one in witnesses() if one.heard_at), default=None),
    )


def _word(stands: LogStatus, forks: int, watched: WatchCard, seen: int, now: datetime) -> str:
    asks = policy().asks_for_witnesses
    since = unwitnessed_since(seen) if asks and seen < stands.size else None
    found = {
        "forked": forks > 0,
        "wrong": bool(watched.wrong),
        "behind": bool(stands.trouble),
        "waiting": stands.waiting > 1000,
        "empty": stands.size == 0,
        "stalled": since is not None and (now - since).total_seconds() > STALLED_S,
        "unwitnessed": asks and seen < stands.size,
        "alone": not asks,
    }
    return next((word for word, holds in found.items() if holds), "well")


def unwitnessed_since(witnessed_size: int) -> datetime | None:
    """When the oldest checkpoint was sealed that no quorum has signed for yet."""
    later = Checkpoint.objects.filter(size__gt=witnessed_size).order_by("size")
    return later.values_list("sealed_at", flat=True).first()


def forks() -> tuple[ForkCard, ...]:
    """Every second history that was shown, the newest first."""
    return tuple(
        ForkCard(size=row.size, ours=row.ours, theirs=row.theirs, shown_by=row.shown_by, found_at=row.found_at)
        for row in Fork.objects.order_by("-found_at", "-id")
    )


def forked() -> bool:
    """Whether a second history was shown: every page says so, and asks no table for it."""
    return alarm_file().exists()


def forks_of_this_log() -> int:
    """How many forks were shown of the log that goes on; those of an ended one stay as evidence."""
    return Fork.objects.filter(ours__startswith=f"{log().origin}\n").count()


def alarm_file() -> Path:
    """It stands beside what was published as long as there is evidence of a fork."""
    return installation().published / "forked"


def watch() -> WatchCard:
    """How far the monitor is."""
    row = Watch.objects.filter(id=1).first() or Watch()
    return WatchCard(
        replayed=row.replayed, looked_at=row.looked_at, whole_at=row.whole_at, wrong=tuple(map(read, row.wrong))
    )


def mirrors() -> tuple[MirrorCard, ...]:
    """Every mirror, by name."""
    rows, shown = list(Mirror.objects.order_by("name", "id")), published()
    states = Witness.objects.in_bulk([row.vkey for row in rows])
    size = shown.size if shown else 0
    return tuple(_mirror(row, states.get(row.vkey) or Witness(vkey=row.vkey), size) for row in rows)


def _mirror(row: Mirror, state: Witness, size: int) -> MirrorCard:
    return MirrorCard(
        id=row.pk,
        name=row.name,
        vkey=row.vkey,
        url=row.url,
        since=row.since,
        size=state.size,
        behind=max(0, size - state.size),
        heard_at=state.heard_at,
        trouble=state.trouble,
        trouble_at=state.trouble_at,
    )


def organisations() -> tuple[OrganisationCard, ...]:
    """Entries of each organisation as far as the monitor has read, most first."""
    return tuple(
        OrganisationCard(code=row.organisation_code, entries=row.counter, last_day=row.last_day.isoformat())
        for row in WatchedChain.objects.order_by("-counter", "organisation_code")
    )


def seals(*, before: int | None = None, most: int = 20) -> tuple[SealCard, ...]:
    """The newest checkpoints, or those of fewer than `before` entries, the newest first; five statements."""
    smaller = Checkpoint.objects.filter(size__lt=OuterRef("size")).order_by("-size").values("size")[:1]
    rows = Checkpoint.objects.filter(size__gt=0).filter(Q(size__lt=before) if before is not None else Q())
    found = list(rows.order_by("-size").annotate(previous=Subquery(smaller))[:most])
    first = dict(
        Position.objects.filter(position__in=[row.previous for row in found]).values_list("position", "entry_id")
    )
    signed: dict[int, dict[str, Signed]] = {}
    names, called = dict(Mirror.objects.values_list("vkey", "name")), policy().rule.party_names()
    names |= {one.witness.vkey: called[one.name] for one in policy().witnesses}
    lines = Cosignature.objects.filter(checkpoint_id__in=[row.size for row in found]).order_by("stated_at", "id")
    for size, vkey, at in lines.values_list("checkpoint_id", "vkey", "stated_at"):
        name = names.get(vkey, vkey.partition("+")[0])
        signed.setdefault(size, {}).setdefault(name, Signed(name=name, at=at))  # one with two keys stands there once
    return tuple(
        SealCard(
            size=row.size,
            added=row.size - (row.previous or 0),
            sealed_at=row.sealed_at,
            wait_s=_wait_s(row.sealed_at, first.get(row.previous)) if row.previous else None,
            witnessed_at=row.witnessed_at,
            asked_at=row.asked_at,
            signed=tuple(signed.get(row.size, {}).values()),
        )
        for row in found
    )


def _wait_s(sealed_at: datetime, first: UUID | None) -> float | None:
    """Seconds from the making of a seal's first entry; a clock that was set back in between counts as none."""
    return max(0.0, (sealed_at - made_at(first)).total_seconds()) if first else None


def pace(recent: tuple[SealCard, ...]) -> Pace:
    """Of these seals."""
    asks = policy().rule.quorum != policies.NONE
    times = [
        (one.wait_s or 0.0) + (one.witness_s or 0.0)
        for one in recent
        if one.wait_s is not None and (one.witness_s is not None or not asks)
    ]
    return Pace(usual_s=median(times) if times else None, longest_s=max(times, default=None))
