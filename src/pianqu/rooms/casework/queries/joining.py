"""Which open matters are like a report, what others may know of them, and who joined a matter."""

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS
from pianqu.kernels import checkcode, geo, likeness
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, JointAnswer, Likeness, LikenessKey, PublicTitle, Succession
from pianqu.rooms.casework.queries.cases import EXCERPT, check_sees
from pianqu.rooms.casework.queries.seen import one_seen_by

STEP = 50.0
"""Metres to which another's place is told."""
TOLD_FROM = 5
"""From so many on, who joined a matter is told how many others did."""
OFFERS, CANDIDATES = 3, 5
FOR_STAFF = 0.35
"""Staff see what is less alike too: they decide."""
PAGE = 50
A_MINUTE = 60
"""So many comparisons one address may ask for: enough for an office behind one, too few for a list of guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is compared: words with what is known beside them."""

    words: str
    category: str = ""
    place_code: str = ""
    lon: float | None = None
    lat: float | None = None
    landmark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An open matter like a report, as everybody may know it. `title` is what staff released; never a word of its reporter."""

    case_id: uuid.UUID
    category: str
    place_code: str
    lon: float | None
    lat: float | None
    """In the middle of a square of 50 metres."""
    metres: int | None
    """From the report's own point, in steps of 50."""
    days: int
    state: str
    title: str
    joined: int
    """How many others joined it; 0 for fewer than TOLD_FROM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An open matter that may be the same, with why, for an official who may see it."""

    case_id: uuid.UUID
    code: str
    shown_code: str
    state: str
    category: str
    place_code: str
    excerpt: str
    opened_at: datetime
    likeness: float
    shared: tuple[str, ...]
    metres: int | None
    same_community: bool
    same_category: bool
    days: int
    joined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedMatter:
    """A matter that joined another one, as who answers it sees it."""

    case_id: uuid.UUID
    code: str
    shown_code: str
    state: str
    channel: str
    opened_at: datetime
    words: str
    score: int | None
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedPage:
    """Who joined a matter, one page, first come first."""

    rows: tuple[JoinedMatter, ...]
    total: int
    waiting: int
    ratings: tuple[tuple[int, int], ...]
    """Score and how many gave it, best first."""
    answering: bool
    """An answer is on its way to them."""
    answered: int
    has_next: bool
    next_page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What a reporter is told of the matter that theirs belongs to or follows: how it stands, and how many others, if many."""

    kind: str
    """joined, leads (others joined it), succeeds, or empty."""
    state: str = ""
    others: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether that matter is still worked on."""
        return self.state in OPEN


_Scored = tuple[float, dict[str, Any]]
_COLUMNS = (
    "id",
    "code",
    "state",
    "category",
    "place_code",
    "lon",
    "lat",
    "words",
    "landmark",
    "opened_at",
)


def _found(report: Report, now: datetime, least: float, *, but: uuid.UUID | None = None) -> list[_Scored]:
    """The likest open matters with their figures, best first. At most five statements, whatever there is.

    What joined a matter speaks for it in its own words: the matter that they joined is answered, once, with the best figure.
    """
    text = f"{report.words}\n{report.landmark}"
    keys = likeness.keys(text)
    if not keys:
        return []
    counted = LikenessKey.objects.filter(key__in=keys).values_list("key").annotate(many=Count("id")).order_by()
    held = dict(counted)
    if not held:
        return []
    texts = Likeness.objects.filter(case__parent=None).count()
    chosen = likeness.rarest(held)
    postings = LikenessKey.objects.filter(key__in=chosen).values_list("key", "likeness_id")
    further = likeness.first(postings[: 3 * likeness.READ], held, texts)
    mine = likeness.telling(report.words, held, texts)
    rows = Case.objects.filter(
        Q(parent=None, state__in=OPEN) | Q(parent__state__in=OPEN, parent__erased_at=None),
        id__in=Likeness.objects.filter(id__in=further).values("case_id"),
        erased_at=None,
    )
    rows = rows.exclude(id=but) if but else rows
    best: dict[uuid.UUID, _Scored] = {}
    for row in rows.values(*_COLUMNS, "parent_id"):
        one = (_weighed(mine, report, row, held, texts, now), row)
        top = row["parent_id"] or row["id"]
        if one[0] >= least and top != but and (top not in best or _order(one) < _order(best[top])):
            best[top] = one
    return sorted(_at_the_top(best), key=_order)


def _order(scored: _Scored) -> tuple[float, str]:
    return -scored[0], str(scored[1]["id"])


def _at_the_top(best: Mapping[uuid.UUID, _Scored]) -> list[_Scored]:
    """The matters that were joined instead of what joined them; `said` are the words that were found."""
    known = {top: row for top, (_figure, row) in best.items() if row["id"] == top}
    if missing := [top for top in best if top not in known]:
        known |= {row["id"]: row for row in Case.objects.filter(id__in=missing).values(*_COLUMNS)}
    return [(figure, {**known[top], "said": row["words"]}) for top, (figure, row) in best.items() if top in known]


def _weighed(
    mine: Sequence[str], report: Report, row: dict[str, object], held: dict[int, int], texts: int, now: datetime
) -> float:
    words = likeness.alike(mine, likeness.telling(str(row["words"]), held, texts))
    return likeness.weighed(words, _beside(report, row, now))


def _beside(report: Report, row: dict[str, object], now: datetime) -> likeness.Beside:
    unknown = ("", "unknown")
    both = report.category not in unknown and row["category"] not in unknown
    return likeness.Beside(
        metres=_metres(report, row),
        same_community=report.place_code == row["place_code"] if report.place_code and row["place_code"] else None,
        same_category=report.category == row["category"] if both else None,
        days=(now - row["opened_at"]).total_seconds() / 86_400,  # type: ignore[operator]
    )


def _metres(report: Report, row: dict[str, object]) -> float | None:
    lon, lat = row["lon"], row["lat"]
    if report.lon is None or report.lat is None or not isinstance(lon, float) or not isinstance(lat, float):
        return None
    return geo.distance_m(report.lon, report.lat, lon, lat)


# for everybody -------------------------------------------------------------------------------------------------------


def check_pace(address: str) -> None:
    """Count one comparison that an address asks for, by the page or the API. Raises TooFast: else somebody could feel out,
    phrase by phrase, what others reported."""
    LIMITS.check(f"alike:{address}", per_minute=min(installation().api_rate, A_MINUTE))


def alike_to(report: Report, *, now: datetime) -> tuple[Alike, ...]:
    """Open matters that may be the same as what somebody is about to report. Seven statements at most."""
    found = _found(report, now, likeness.HINT)[:OFFERS]
    if not found:
        return ()
    ids = [uuid.UUID(str(row["id"])) for _figure, row in found]
    titles = dict(PublicTitle.objects.filter(case_id__in=ids).values_list("case_id", "title"))
    joined = _joined(ids)
    return tuple(
        _public(report, row, titles.get(uuid.UUID(str(row["id"])), ""), joined.get(row["id"], 0), now)
        for _f, row in found
    )


def _joined(ids: Iterable[object]) -> dict[object, int]:
    counted = Case.objects.filter(parent_id__in=list(ids)).values_list("parent_id").annotate(many=Count("id"))
    return dict(counted.order_by())


def _public(report: Report, row: dict[str, object], title: str, joined: int, now: datetime) -> Alike:
    lon, lat = _coarse(row["lon"], row["lat"])
    away = _metres(report, {**row, "lon": lon, "lat": lat})
    opened_at = row["opened_at"]
    assert isinstance(opened_at, datetime)
    return Alike(
        case_id=uuid.UUID(str(row["id"])),
        category=str(row["category"]),
        place_code=str(row["place_code"] or ""),
        lon=lon,
        lat=lat,
        metres=None if away is None else max(int(STEP), round(away / STEP) * int(STEP)),
        days=max(0, (now - opened_at).days),
        state=str(row["state"]),
        title=title,
        joined=joined if joined >= TOLD_FROM else 0,
    )


def _coarse(lon: object, lat: object) -> tuple[float | None, float | None]:
    """The middle of the square of 50 metres in which a point lies, the same for every asker."""
    if not isinstance(lon, float) or not isinstance(lat, float):
        return None, None
    high = STEP / 111_320
    row = math.floor(lat / high)
    wide = STEP / (111_320 * max(0.01, math.cos(math.radians(row * high))))
    return round((math.floor(lon / wide) + 0.5) * wide, 6), round((row + 0.5) * high, 6)


def company_of(case_id: uuid.UUID) -> Company:
    """What a reporter is told of others: the door has proved before that this is the reporter."""
    parent = Case.objects.filter(id=case_id).values_list("parent_id", "parent__state").first()
    if parent and parent[0]:
        others = Case.objects.filter(parent_id=parent[0]).count()
        return Company(kind="joined", state=parent[1], others=others if others >= TOLD_FROM else 0)
    earlier = Succession.objects.filter(case_id=case_id).values_list("earlier__state", flat=True).first()
    if earlier:
        return Company(kind="succeeds", state=earlier)
    others = Case.objects.filter(parent_id=case_id).count()
    return Company(kind="leads", others=others) if others >= TOLD_FROM else Company(kind="")


# for staff -----------------------------------------------------------------------------------------------------------


def candidates_for(actor: Actor, case_id: uuid.UUID, *, now: datetime) -> tuple[Candidate, ...]:
    """Open matters in the actor's scope that may be the same as this one, with why. Raises Absent."""
    check_sees(actor, case_id)
    columns = ("words", "category", "place_code", "lon", "lat", "landmark", "opened_at")
    words, category, place_code, lon, lat, landmark, opened_at = Case.objects.values_list(*columns).get(id=case_id)
    report = Report(words=words, category=category, place_code=place_code or "", lon=lon, lat=lat, landmark=landmark)
    return candidates_like(actor, report, case_id=case_id, opened_at=opened_at, now=now)


def candidates_like(
    actor: Actor, report: Report, *, case_id: uuid.UUID, opened_at: datetime, now: datetime
) -> tuple[Candidate, ...]:
    """The same for a matter that was read before."""
    found = _found(report, now, FOR_STAFF, but=case_id)[: 4 * CANDIDATES]
    if not found:
        return ()
    seen = set(one_seen_by(actor).filter(id__in=[row["id"] for _f, row in found]).values_list("id", flat=True))
    kept = [(figure, row) for figure, row in found if row["id"] in seen][:CANDIDATES]
    joined = _joined([row["id"] for _f, row in kept]) if kept else {}
    return tuple(_candidate(report, row, figure, joined.get(row["id"], 0), opened_at) for figure, row in kept)


def _candidate(report: Report, row: dict[str, object], figure: float, joined: int, at: datetime) -> Candidate:
    opened_at, metres = row["opened_at"], _metres(report, row)
    assert isinstance(opened_at, datetime)
    return Candidate(
        case_id=uuid.UUID(str(row["id"])),
        code=str(row["code"]),
        shown_code=checkcode.show(str(row["code"])),
        state=str(row["state"]),
        category=str(row["category"]),
        place_code=str(row["place_code"] or ""),
        excerpt=kernel.isolated(kernel.excerpt(str(row["words"]), EXCERPT)),
        opened_at=opened_at,
        likeness=round(figure, 2),
        shared=likeness.shared(report.words, str(row["said"])),
        metres=None if metres is None else round(metres),
        same_community=bool(report.place_code) and report.place_code == row["place_code"],
        same_category=report.category == row["category"],
        days=abs((opened_at - at).days),
        joined=joined,
    )


def joined_to(actor: Actor, case_id: uuid.UUID, *, page: str = "", size: int = PAGE) -> JoinedPage:
    """Who joined this matter. Who sees the matter and answers for it reads what each of them wrote. Raises Absent."""
    check_sees(actor, case_id)
    head = Case.objects.values_list("lead_code", "organisation_code").get(id=case_id)
    reads = rules.may_resolve(actor, head[0] or head[1]) or rules.sees_all(actor)
    children = Case.objects.filter(parent_id=case_id)
    counted = dict(children.values_list("state").annotate(many=Count("id")).order_by())
    scores = children.filter(score__isnull=False).values_list("score").annotate(many=Count("id")).order_by("-score")
    rows = children.order_by("opened_at", "id")
    if page.isdecimal():
        rows = rows[min(int(page), 1_000_000) :]
    first = int(page) if page.isdecimal() else 0
    some = list(rows.values_list("id", "code", "state", "channel", "opened_at", "words", "score")[: size + 1])
    on_its_way = JointAnswer.objects.filter(parent_id=case_id, done_at=None).values_list("answered", flat=True).first()
    return JoinedPage(
        rows=tuple(
            JoinedMatter(
                case_id=id_,
                code=code,
                shown_code=checkcode.show(code),
                state=state,
                channel=channel,
                opened_at=opened_at,
                words=words if reads else "",
                score=score,
                waits=state in OPEN,
            )
            for id_, code, state, channel, opened_at, words, score in some[:size]
        ),
        total=sum(counted.values()),
        waiting=sum(many for state, many in counted.items() if state in OPEN),
        ratings=tuple(scores),
        answering=on_its_way is not None,
        answered=on_its_way or 0,
        has_next=len(some) > size,
        next_page=str(first + size) if len(some) > size else "",
    )


def joint_answers() -> tuple[uuid.UUID, ...]:
    """Answers that are still on their way to who joined, the oldest first."""
    return tuple(JointAnswer.objects.filter(done_at=None).order_by("asked_at", "id").values_list("id", flat=True)[:50])


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """A matter on the other end of a continuation 续办: the earlier one, or one that goes on with it."""

    case_id: uuid.UUID
    shown_code: str
    state: str
    is_earlier: bool


def continued(actor: Actor, case_id: uuid.UUID) -> tuple[Continued, ...]:
    """What this matter continues and what continues it, as far as the actor sees them; the first few. Two statements."""
    rows = Succession.objects.filter(Q(case_id=case_id) | Q(earlier_id=case_id)).order_by("case__opened_at", "case_id")
    pairs = list(rows.values_list("case_id", "earlier_id")[: 2 * CANDIDATES])
    others = [earlier if case == case_id else case for case, earlier in pairs]
    seen = one_seen_by(actor).filter(id__in=others).values_list("id", "code", "state")
    known = {id_: (checkcode.show(code), state) for id_, code, state in seen}
    return tuple(
        Continued(case_id=other, shown_code=known[other][0], state=known[other][1], is_earlier=case == case_id)
        for (case, _earlier), other in zip(pairs, others, strict=True)
        if other in known
    )


def may_answer_joined(actor: Actor, case_id: uuid.UUID) -> bool:
    """Whether this actor answers who joined the matter."""
    lead, receiver = Case.objects.values_list("lead_code", "organisation_code").get(id=case_id)
    return rules.may_resolve(actor, lead or receiver)
