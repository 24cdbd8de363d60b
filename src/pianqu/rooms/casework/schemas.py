"""What programs send to casework, in the words of its verbs; answers are the questions' own cards."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

from pianqu.foundation.api import LONGEST_PAGE, Body, Code, Moment, Short, Text, day
from pianqu.kernels.deadline import Due, Pause
from pianqu.kernels.triage import Guess
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.queries import (
    Answers,
    CallBackCard,
    CaseRow,
    Explained,
    Figure,
    Handling,
    Line,
    ModelCard,
    MonthCard,
    Overview,
    ReportCard,
    ResidentCase,
    Suggestion,
    SupervisionCard,
    Triage,
    Week,
)
from pianqu.rooms.casework.queries import CaseCard as Card
from pianqu.rooms.casework.queries import PlatformFigures as Figures
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.directory.queries import PowerCard, Responsibility

Day = Annotated[date, AfterValidator(day)]
MonthCode = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-09"])]
Nature = Literal["enquiry", "help", "complaint", "urgent"]
Reason = Literal["waiting-for-reporter", "inspection", "appraisal", "hearing", "other-procedure", "weather"]


class CaseList(Schema):
    """One page of a list. `next_cursor` asks for the page after it; empty on the last one."""

    rows: list[CaseRow]
    total: int | None = Field(
        description="How many there are; null for more than 1,000, and for words that very many have."
    )
    next_cursor: str = ""


class Filtered(Schema):
    """Which matters are meant. What is left out means everything."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = Field(None, examples=["in_progress"])
    category: Code | None = Field(None, examples=["roads"])
    place: Annotated[Code, Field(max_length=12)] | None = Field(
        None, description="A community, a street (its communities too), or `none`."
    )
    q: Annotated[Short, Field(max_length=100)] = Field(
        "", description="A code, or words of the matter or its landmark."
    )
    queue: Literal["danger", "mine", "unassigned", "overdue", "asked", "answered", "open", "week", "likely"] | None = (
        None
    )
    platform: Literal["order", "market", "enforcement", "services", "none"] | None = None
    cell: Code | None = Field(None, description="A cell of the grid of the day on which the matter came in, or `none`.")
    cell_now: Code | None = Field(None, description="A cell of today's grid, in which the matter lies now, or `none`.")
    cluster: Code | None = Field(None, description="A cluster as today's grid draws it, or `none`.")
    party: Code | None = Field(None, description="An organisation that has a part in it now.")
    since: Day | None = Field(None, examples=["2026-11-01"])
    until: Day | None = Field(None, examples=["2026-11-30"])
    moment: Literal["resolved", "reopened"] | None = Field(
        None, description="To which moment `since` and `until` point."
    )
    order: Literal["due", "risk"] | None = Field(
        None, description="`due`: what is due first; `risk`: what is likeliest to be late first; else the newest first."
    )


class CaseAsked(Filtered):
    """Which matters a list shows, and which page of it."""

    cursor: Short = ""
    size: int = Field(50, ge=1, le=LONGEST_PAGE)


class ExportWanted(Filtered):
    """A table of matters that is to be made."""

    form: Literal["csv", "xlsx", "geojson", "parquet"] = Field(examples=["csv"])
    with_words: bool = Field(False, description="Whether it has landmarks, what people said, and replies.")
    purpose: Short = Field("", description="What the words are needed for; needed with them, and written down.")


class Export(Schema):
    """A table that the post asked for."""

    export_id: str = Field(examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"])
    form: str
    state: Literal["asked", "ready", "stopped"]
    reason: str = Field(description="Why it stopped, as a code: `cancelled`, `disk-full`, `post-ended`, …; empty else.")
    with_words: bool
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime
    written: int = Field(description="How many rows are written so far.")
    total: int | None = Field(description="How many there will be, where that is known.")
    matters: int | None = Field(description="How many rows it has, once it is ready.")
    size: int | None = Field(description="Bytes, once it is ready.")


class Place(Body):
    """Where a matter is: a point (WGS 84), which outweighs a community, or a community, with a landmark in words if one likes."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"community_code": "330205001001", "landmark": "桥头公交站旁"}]}
    )

    community_code: Code | None = Field(None, examples=["330205001001"])
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False, examples=[121.551])
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False, examples=[29.887])
    landmark: Short = Field("", examples=["桥头公交站旁"])

    def choice(self) -> PlaceChoice:
        """As the verbs take it."""
        if self.lon is not None or self.lat is not None:
            return PlaceChoice(lon=self.lon, lat=self.lat, landmark=self.landmark or None, source="position")
        source = "community" if self.community_code else "none"
        return PlaceChoice(community_code=self.community_code, landmark=self.landmark or None, source=source)


class Report(Body):
    """A matter in plain words."""

    words: Text = Field(examples=["路灯坏了三天，晚上很黑。"])
    category: Code = Field("unknown", examples=["roads"])
    place: Place = Field(default_factory=lambda: Place.model_validate({}))
    contact: Short = Field("", description="A telephone number or mail address, if one wants to be reached.")
    tell: bool = Field(False, description="Whether to send a message when something happens.")


class Intake(Report):
    """What an official takes down for somebody on the telephone or at the window."""

    channel: Literal["phone", "window"] = "phone"
    reply: Text = Field("", description="Where it could be answered at once.")
    suggested_by: Annotated[int, Field(ge=0, le=99_999_999)] | None = Field(
        None, description="The version whose suggestion the person had seen (from suggestForWords)."
    )


class Taken(Schema):
    """A matter was taken in. The receipt secret is told this once: with the code it proves whose matter it is."""

    case_id: str = Field(examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"])
    code: str = Field(examples=["8K3F27QH"])
    receipt_secret: str
    entry_id: str


class CaseWhole(Schema):
    """A matter with how it is handled and what the caller's post may do next."""

    case: Card
    handling: Handling


Suggested = Annotated[int, Field(ge=0, le=99_999_999)]
SUGGESTED_BY = (
    "The version whose suggestion the person had seen (from suggestForCase): it is counted whether it was right."
)


class Accept(Body):
    nature: Nature = Field(examples=["complaint"])
    suggested_by: Suggested | None = Field(None, description=SUGGESTED_BY)


class Recategorise(Body):
    category: Code = Field(examples=["property"])
    words: Text = ""
    suggested_by: Suggested | None = Field(None, description=SUGGESTED_BY)


class Dispatch(Body):
    lead_code: Code = Field(examples=["330205-enforcement"])
    helper_codes: list[Code] = Field(default_factory=list, max_length=20)
    nature: Nature | Literal[""] = ""
    sub_due: Moment | None = None
    cell_code: Code | Literal[""] = ""
    template_code: Short = Field("", description="A template of joint handling that adds its helpers and checklist.")
    words: Text = ""
    suggested_by: Suggested | None = Field(None, description=SUGGESTED_BY)


class Take(Body):
    nature: Nature | Literal[""] = Field("", examples=["complaint"])


class Join(Body):
    helper_code: Code = Field(examples=["330205-housing"])
    sub_due: Moment | None = None
    words: Text = ""


class Link(Body):
    parent_code: Short = Field(examples=["8K3F-27QH"])


class Words(Body):
    words: Text = Field(examples=["已联系产权单位，周五前更换。"])


class Demand(Words):
    """What a leader demands, how urgently, and by which day an answer is owed: without a day, by the level's own term."""

    level: Literal["reminder", "formal", "priority"] = Field("formal", examples=["formal"])
    due_on: Day | None = Field(None, examples=["2026-12-04"])


class SupervisionAsked(Schema):
    """Which of them, and which page."""

    model_config = ConfigDict(extra="forbid")

    show: Literal["asked", "late", "answered", "over"] | None = Field(None, examples=["late"])
    page: int = Field(1, ge=1, le=9999)


class SupervisionList(Schema):
    """One page, and how many there are of each sort. `next_page` is 0 on the last one."""

    rows: list[SupervisionCard]
    asked: int
    late: int
    answered: int
    over: int
    next_page: int


class CallBacksAsked(Schema):
    """Which of them, and which page."""

    model_config = ConfigDict(extra="forbid")

    show: Literal["waiting", "early", "done"] | None = Field(None, examples=["done"])
    reason: Literal["reopened", "bad-rating", "sample"] | None = Field(None, examples=["reopened"])
    unit: str = Field("", max_length=32, description="Only what this organisation answered.")
    page: int = Field(1, ge=1, le=9999)


class CallBackList(Schema):
    """One page, and how many there are of each sort. `next_page` is 0 on the last one."""

    rows: list[CallBackCard]
    waiting: int
    early: int = Field(description="Listed, and not answered at the moment.")
    done: int
    satisfied: int
    dissatisfied: int
    unreachable: int
    holds: int = Field(description="Nobody could be asked; who checked it found that the answer holds.")
    fails: int = Field(description="Nobody could be asked; who checked it found that it does not hold.")
    no_contact: int = Field(description="Over at once: nobody had left a number.")
    rated: int = Field(description="Over: the reporter rated the new answer.")
    units: list[str] = Field(description="Whose answers are on the whole list, by code.")
    next_page: int


class CallBackSaid(Body):
    """What came of a call-back; `holds` and `fails` where nobody can be asked. Words are needed but for the two best and for
    `unreachable`."""

    outcome: Literal["satisfied", "dissatisfied", "unreachable", "holds", "fails"] = Field(examples=["satisfied"])
    words: Text = Field("", examples=["说路灯当晚就亮了。"])


class DrawWanted(Body):
    """Of which days' answers a sample is drawn, and how many per cent."""

    since: Day = Field(examples=["2026-11-16"])
    until: Day = Field(examples=["2026-11-22"])
    percent: int = Field(10, ge=1, le=100)


class EvaluationAsked(Schema):
    """Of which period, by which units, compared by which measure."""

    model_config = ConfigDict(extra="forbid")

    period: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2]|Q[1-4])$", examples=["2026-10"])] | None = None
    by: Literal["organisation", "street", "platform"] = "organisation"
    measure: Literal["in-time", "first-time-right", "not-reopened", "satisfied"] = "in-time"


class UnitOf(Schema):
    """The counts of one unit: what each is a part of, is said on the evaluation's page."""

    code: str = Field(description="An organisation, a street or a platform; `none` where it is not known.")
    answered: int
    in_time: int
    first_time_right: int
    reopened: int
    given: int
    returned: int
    objected: int
    rated: int
    satisfied: int
    median_hours: int | None


class RankOf(Schema):
    """A share with its interval; `first` to `last` is the range of its rank, 0 where fewer than 30 matters are counted."""

    code: str
    part: int
    whole: int
    value: float
    low: float
    high: float
    first: int
    last: int


class EvaluationOf(Schema):
    """Figures of the units in the scope of the post, in the order of their codes."""

    period: str
    units: list[UnitOf]
    ranks: list[RankOf]


class ReportEdit(Body):
    """The words of a draft. One line is a paragraph; 【表一】 stands where a table is shown."""

    title: Short = Field(examples=["关于2026年10月群众诉求办理情况的通报"])
    number: Short = Field("", examples=["江治〔2026〕11号"])
    addressee: Short = Field("", examples=["各街道（镇），区级各有关单位："])
    text: Annotated[str, Field(max_length=20_000, examples=["一、总体情况"])]


class ReportWanted(Body):
    """A month that is over."""

    month: MonthCode


class MonthReport(Schema):
    """A report with its words."""

    report: ReportCard
    addressee: str
    text: str
    may_edit: bool
    may_issue: bool


class Cited(Words):
    article: Short = Field(examples=["3.2"])


class Verdict(Words):
    upheld: bool = Field(examples=[True])


class Decision(Words):
    granted: bool = Field(examples=[True])


class Pausing(Words):
    reason: Reason = Field(examples=["inspection"])


Platform = Literal["order", "market", "enforcement", "services"]
PlatformQueueName = Literal["open", "overdue", "waiting", "notices"]
PageNumber = Annotated[int, Field(ge=1, le=9_999)]


class Moving(Words):
    platform: Platform = Field(examples=["market"])
    nature: Nature | Literal[""] = Field(
        "", description="Another kind of matter has another clock; only for the centre."
    )


class Calling(Words):
    helper_codes: list[Code] = Field(min_length=1, max_length=20, examples=[["330205001000"]])
    last_day: Day = Field(examples=["2026-12-04"])


class Inspection(Words):
    outcome: Literal["in-order", "put-right", "ordered", "filed"] = Field(examples=["ordered"])


class Rectification(Words):
    last_day: Day = Field(examples=["2026-12-04"])
    recheck_on: Day = Field(examples=["2026-12-07"])


class Recheck(Words):
    put_right: bool = Field(examples=[True])


class Guidance(Words):
    outcome: Literal["answered", "service", "elsewhere"] = Field(examples=["service"])


class PlatformMember(Body):
    """Who is to take part."""

    street: Code = Field(examples=["330205001000"])
    organisation_code: Code = Field(examples=["330205-market"])
    post_id: Short = Field("", description="One post alone; empty for the whole organisation.")


class PlatformCases(Schema):
    """One page of a platform's matters. `next_page` is null on the last one."""

    rows: list[CaseRow]
    next_page: int | None


class PlatformWeek(Schema):
    first: date
    received: int
    answered: int
    reopened: int


class PlatformFigures(Schema):
    """Open ones as of now, the rest over twelve weeks; `in_time` counts among the `timed`, whose last clock is known."""

    open: int
    overdue: int
    due_this_week: int
    waiting: int
    notices: int
    received: int
    answered: int
    in_time: int
    timed: int
    reopened: int
    weeks: list[PlatformWeek]

    @classmethod
    def of(cls, found: Figures) -> "PlatformFigures":
        own = {name: getattr(found, name) for name in cls.model_fields if name != "weeks"}
        weeks = [
            PlatformWeek(**{name: getattr(week, name) for name in PlatformWeek.model_fields}) for week in found.weeks
        ]
        return cls(weeks=weeks, **own)


class PlatformPower(Schema):
    """A line of a duty list."""

    category: str
    verb: str
    organisation_code: str
    level: str
    list_kind: str
    article: str
    source: str

    @classmethod
    def of(cls, card: PowerCard) -> "PlatformPower":
        return cls(**{name: getattr(card, name) for name in cls.model_fields})


class Score(Body):
    score: int = Field(ge=1, le=5, examples=[5])
    words: Text = ""


class Reply(Body):
    reply: Text = Field(examples=["路灯已修好。"])


class Purpose(Body):
    purpose: Short = Field(examples=["回电核实地点"])


class Basis(Body):
    basis: Short = Field(examples=["period-over"])


class Month(Schema):
    """A published month."""

    month: date = Field(description="Its first day.")
    digest: str = Field(description="SHA-256 of the published file; the ledger holds it.")
    published_at: datetime
    received: int | None
    answered: int | None
    withheld: int = Field(description="How many numbers of the table are withheld.")

    @classmethod
    def of(cls, card: MonthCard) -> "Month":
        """Its totals."""
        return cls(
            month=card.month,
            digest=card.digest,
            published_at=card.published_at,
            received=card.count("received"),
            answered=card.count("answered"),
            withheld=card.withheld,
        )


class MonthWhole(Schema):
    """A published month with its whole table."""

    month: Month
    figures: list[Figure]


class Telling(Body):
    tell: bool = Field(examples=[True])
    contact: Short = Field("", examples=["13800138000"])


class Contact(Schema):
    contact: str


class Kept(Body):
    name: Short = Field(examples=["道路待分派"])
    query: Short = Field(examples=["queue=unassigned&category=roads"])


class Clock(Schema):
    """Why a matter is due then: the rule and every run of days. All empty where no clock runs."""

    rule: str = Field("", examples=["case.complaint"])
    title_zh: str = ""
    title_en: str = ""
    instrument: str = ""
    article: str = ""
    started_at: datetime | None = None
    extra: int = 0
    extra_unit: str = Field("", description="In which unit more time was granted, where that was.")
    amount: int = Field(0, description="How long the term is, in `unit`.")
    unit: str = Field("", examples=["wd"])
    rules_version: int = Field(0, description="The district's own set of terms by which it runs; 0 for the pack's.")
    due: Due | None = None
    pauses: list[Pause] = Field(default_factory=list)

    @classmethod
    def of(cls, found: Explained | None) -> "Clock":
        """The explanation without what only tests of the rule need."""
        if found is None:
            return cls.model_validate({})
        rule = found.rule
        return cls(
            rule=rule.id,
            title_zh=rule.title_zh,
            title_en=rule.title_en,
            instrument=rule.instrument,
            article=rule.article,
            started_at=found.started_at,
            extra=found.extra,
            extra_unit=found.extra_unit if found.extra else "",
            amount=(found.term or rule.term).amount,
            unit=str((found.term or rule.term).unit),
            rules_version=found.rules_version,
            due=found.due,
            pauses=list(found.pauses),
        )


class Counted(Schema):
    """One line of the overview. Shares and times are left out below 20 matters."""

    code: str
    open: int
    overdue: int
    week: int
    received: int
    resolved: int
    rated: int

    @classmethod
    def of(cls, line: Line) -> "Counted":
        """The counts alone."""
        return cls(
            code=line.code,
            open=line.open,
            overdue=line.overdue,
            week=line.week,
            received=line.received,
            resolved=line.resolved,
            rated=line.rated,
        )


class OverviewCounts(Schema):
    """Lines in the order of their codes, never by how well they do."""

    weeks: list[Week]
    total: Counted
    categories: list[Counted]
    platforms: list[Counted]
    clusters: list[Counted]
    places: list[Counted]

    @classmethod
    def of(cls, found: Overview) -> "OverviewCounts":
        """The overview's counts."""
        return cls(
            weeks=list(found.weeks),
            total=Counted.of(found.total),
            categories=[Counted.of(line) for line in found.categories],
            platforms=[Counted.of(line) for line in found.platforms],
            clusters=[Counted.of(line) for line in found.clusters],
            places=[Counted.of(line) for line in found.places],
        )


class Responsible(Schema):
    """Who answers for a category at a place on a day."""

    category: str
    place: str
    on: date
    answer: Responsibility


class Reported(Schema):
    """A matter as its reporter sees it."""

    case: ResidentCase


class WordsToSort(Body):
    """What somebody says, to be sorted. It is read and not kept."""

    words: Text = Field(examples=["小区门口的路灯坏了三天，晚上很黑。"])


class Guessed(Schema):
    """One suggestion. The shipped list of phrases (version 0) measures no probability."""

    code: str = Field(examples=["roads"])
    probability: float | None = None
    phrases: list[str] = Field(default_factory=list, description="What in the words spoke for it.")


class Sorted(Schema):
    """What words look like; a person decides. `sure` names what may be filled in beforehand: it was right 95 times of 100."""

    version: int = Field(description="0 is the shipped list of phrases.")
    categories: list[Guessed]
    sure: str = ""
    platform: str = ""
    organisations: list[Guessed]
    sure_organisation: str = ""
    dangers: list[str] = Field(default_factory=list, description="Phrases of danger: they can only raise the urgency.")

    @classmethod
    def of(cls, found: Suggestion) -> "Sorted":
        def told(guesses: tuple[Guess, ...]) -> list[Guessed]:
            return [
                Guessed(
                    code=guess.label,
                    probability=round(guess.probability, 4) if found.version else None,
                    phrases=list(guess.phrases),
                )
                for guess in guesses
            ]

        return cls(
            version=found.version,
            categories=told(found.categories),
            sure=found.sure,
            platform=found.platform,
            organisations=told(found.organisations),
            sure_organisation=found.sure_organisation,
            dangers=list(found.dangers),
        )


class TriageModels(Schema):
    """What suggests now, the models that are kept, and how often what they suggested was chosen."""

    working: int
    chosen: int
    confirmed: int = Field(description="Answered matters that a model can be learned from.")
    is_learning: bool
    models: list[ModelCard]
    answers: list[Answers]

    @classmethod
    def of(cls, found: Triage) -> "TriageModels":
        return cls(
            working=found.working,
            chosen=found.chosen,
            confirmed=found.confirmed,
            is_learning=found.is_learning,
            models=list(found.models),
            answers=list(found.answers),
        )


class Version(Body):
    version: Suggested = Field(examples=[0], description="0 is the shipped list of phrases.")
