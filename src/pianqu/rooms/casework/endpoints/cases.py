"""JSON doors of casework: what its pages do, for programs. Each parses, asks one question or does one verb, and answers.

Residents' doors (`reports`) need no token: the code with the receipt secret proves whose matter it is.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from ninja import File, Form, Header, Query
from ninja.files import UploadedFile

from pianqu.foundation import growing, residentpass
from pianqu.foundation.actor import Actor
from pianqu.foundation.api import (
    RESIDENT_PASS,
    Body,
    Code,
    Done,
    Doors,
    Short,
    Text,
    Unknown,
    actor_of,
    address_of,
    cursor_of,
    own_key,
    token_in,
)
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.photos import MAX_BYTES, MAX_PHOTOS, SafePhoto, sanitise
from pianqu.foundation.tables import FORMS
from pianqu.kernels import checkcode
from pianqu.rooms.casework import forms, queries, schemas, services
from pianqu.rooms.casework.queries import (
    CaseFilter,
    CategoryCard,
    Counts,
    DrawCard,
    FilterCard,
    HandoverCard,
    PublicRow,
    ReportCard,
    Standing,
)
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import StreetChoice

cases = Doors("cases")
desk = Doors("desk")
reports = Doors("reports")
routers = {"/cases": cases.router, "/desk": desk.router, "": reports.router}
"""Where composition mounts them under the API's address."""
REPORT_FORMS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


# lists and single matters --------------------------------------------------------------------------------------------


@cases.asks(
    "", name="listCases", says=gettext_noop("Matters in the scope of the post, one page"), gives=schemas.CaseList
)
def list_cases(request: HttpRequest, asked: Query[schemas.CaseAsked]) -> schemas.CaseList:
    actor, filters = actor_of(request), filters_of(asked)
    question = {"filters": repr(filters), "organisation": actor.organisation_code}
    page = queries.cases_for(
        actor, filters=filters, page=token_in(asked.cursor, question), size=asked.size, now=timezone.now()
    )
    return schemas.CaseList(rows=list(page.rows), total=page.total, next_cursor=cursor_of(page.next_page, question))


def filters_of(asked: schemas.Filtered) -> CaseFilter:
    """What is asked for, as casework knows it. Raises Invalid."""
    if asked.category and asked.category not in queries.known_codes():
        raise Invalid("category-unknown", _("There is no such category."))
    if asked.since and asked.until and asked.since > asked.until:
        raise Invalid("span-wrong", _("The first day is after the last one: no matter can lie between them."))
    return CaseFilter(
        state=str(asked.state or ""),
        category=asked.category or "",
        place_code=asked.place or "",
        text=asked.q,
        queue=asked.queue or "",
        platform=asked.platform or "",
        cell_code=asked.cell or "",
        cell_now=asked.cell_now or "",
        cluster_code=asked.cluster or "",
        party=asked.party or "",
        since=asked.since,
        until=asked.until,
        moment=asked.moment or "",
        order=asked.order or "",
    )


@cases.does(
    "",
    name="takeInCase",
    says=gettext_noop("Take a matter in for somebody on the telephone or at the window"),
    right="intake",
    gives=schemas.Taken,
    status=201,
    keyed=True,
)
def take_in(request: HttpRequest, typed: schemas.Intake) -> schemas.Taken:
    opened = services.take_in(
        actor=actor_of(request),
        channel=typed.channel,
        words=typed.words,
        category=_offered(typed.category),
        place=typed.place.choice(),
        contact=_contact(typed),
        tell=typed.tell,
        reply=typed.reply,
        suggested_by=typed.suggested_by,
        idempotency_key=_key(request),
        now=timezone.now(),
    )
    return _taken(opened)


def _offered(category: str) -> str:
    if category not in queries.shipped_codes():
        raise Invalid("category-unknown", _("Please choose one of the listed categories."))
    return category


def _contact(typed: schemas.Report, by: services.Reporter | None = None) -> str | None:
    """Where to reach the reporter. Raises Invalid for who wants to be told and does not say where."""
    contact = typed.contact.strip() or (by.contact.value if by else "")
    if typed.tell and not contact:
        raise Invalid("contact-missing", _("Please say where to send messages, or leave `tell` out. Nothing was kept."))
    return contact or None


def _key(request: HttpRequest) -> str:
    return own_key(request) or forms.new_key()


def _taken(opened: services.Opened) -> schemas.Taken:
    return schemas.Taken(
        case_id=str(opened.case_id),
        code=opened.case_code,
        receipt_secret=opened.receipt_secret,
        entry_id=str(opened.entry_id),
    )


@cases.asks(
    "/by-code/{code}",
    name="findCase",
    says=gettext_noop("One matter by the code that its reporter has"),
    gives=schemas.CaseWhole,
)
def find_case(request: HttpRequest, code: Code) -> schemas.CaseWhole:
    return _whole(actor_of(request), queries.id_of(actor_of(request), code))


@cases.asks(
    "/{uuid:case_id}",
    name="getCase",
    says=gettext_noop("One matter, how it is handled, and what the post may do next"),
    gives=schemas.CaseWhole,
)
def get_case(request: HttpRequest, case_id: uuid.UUID) -> schemas.CaseWhole:
    return _whole(actor_of(request), case_id)


def _whole(actor: Actor, case_id: uuid.UUID) -> schemas.CaseWhole:
    card = queries.case_for(actor, case_id)
    return schemas.CaseWhole(case=card, handling=queries.handling_for(actor, case_id, now=timezone.now()))


@cases.asks(
    "/{uuid:case_id}/clock", name="explainDueDate", says=gettext_noop("Why it is due then"), gives=schemas.Clock
)
def explain_due_date(request: HttpRequest, case_id: uuid.UUID) -> schemas.Clock:
    queries.check_sees(actor_of(request), case_id)
    return schemas.Clock.of(queries.explained(case_id))


@cases.asks(
    "/photos/{uuid:photo_id}", name="getPhoto", says=gettext_noop("A photo of a matter"), gives={"image/jpeg": bytes}
)
def get_photo(request: HttpRequest, photo_id: uuid.UUID) -> HttpResponse:
    found = queries.photo_for(actor_of(request), photo_id)
    return HttpResponse(found.content, content_type=found.media_type)


# acts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """A verb on one matter: its name in the API, the body whose fields are the verb's arguments, its sentence."""

    name: str
    verb: Callable[..., object]
    takes: type[Body] | None
    says: str


ACTS: dict[str, Act] = {
    "accept": Act("acceptCase", services.accept_case, schemas.Accept, gettext_noop("Say what kind of matter it is")),
    "recategorise": Act(
        "recategoriseCase",
        services.recategorise_case,
        schemas.Recategorise,
        gettext_noop("Give it another category, where it was sorted wrongly"),
    ),
    "dispatch": Act(
        "dispatchCase", services.dispatch_case, schemas.Dispatch, gettext_noop("Give it to a lead and to helpers")
    ),
    "take": Act(
        "takeCase", services.take_case, schemas.Take, gettext_noop("Take on what the duty list gives to the post")
    ),
    "join": Act("joinCase", services.join_case, schemas.Join, gettext_noop("Ask another organisation to help")),
    "link": Act("linkCase", services.link_case, schemas.Link, gettext_noop("Make it a part of another matter")),
    "unlink": Act("unlinkCase", services.unlink_case, None, gettext_noop("Make it a matter of its own again")),
    "extend": Act("extendCase", services.extend_case, schemas.Words, gettext_noop("Add what its reporter said")),
    "start": Act("startTask", services.start_task, None, gettext_noop("Begin to work on it")),
    "return": Act("returnTask", services.return_task, schemas.Cited, gettext_noop("Give it back, citing the list")),
    "object": Act(
        "objectToDispatch", services.object_to_dispatch, schemas.Cited, gettext_noop("Object to the dispatch")
    ),
    "review": Act(
        "reviewObjection", services.review_objection, schemas.Verdict, gettext_noop("Decide on an objection")
    ),
    "pause": Act("pauseCase", services.pause_case, schemas.Pausing, gettext_noop("Let the clock stand still")),
    "resume": Act("resumeCase", services.resume_case, None, gettext_noop("Let the clock run on")),
    "ask-for-time": Act("askForTime", services.ask_for_time, schemas.Words, gettext_noop("Ask for more time")),
    "decide-on-time": Act(
        "decideOnTime", services.decide_on_time, schemas.Decision, gettext_noop("Grant or refuse more time")
    ),
    "finish": Act("finishTask", services.finish_task, schemas.Words, gettext_noop("Say that the own part is done")),
    "resolve": Act("resolveCase", services.resolve_case, schemas.Reply, gettext_noop("Answer who reported it")),
    "call-back": Act("callBack", services.call_back, schemas.Score, gettext_noop("Write down what a call-back said")),
    "reopen": Act("reopenCase", services.reopen_case, schemas.Words, gettext_noop("Look at it again")),
    "supervise": Act("superviseCase", services.supervise_case, schemas.Demand, gettext_noop("Press for it")),
    "answer-supervision": Act(
        "answerSupervision", services.answer_supervision, schemas.Words, gettext_noop("Answer the leader who presses")
    ),
    "accept-supervision": Act(
        "acceptSupervision", services.accept_supervision, None, gettext_noop("Accept the answer to a supervision")
    ),
    "repeat-supervision": Act(
        "repeatSupervision", services.repeat_supervision, schemas.Demand, gettext_noop("Press for it again")
    ),
    "lift-supervision": Act(
        "liftSupervision", services.lift_supervision, schemas.Words, gettext_noop("Lift a supervision")
    ),
    "move-platform": Act(
        "movePlatform",
        services.move_platform,
        schemas.Moving,
        gettext_noop("Give it to another platform, with a reason"),
    ),
    "call-joint": Act(
        "callJoint",
        services.call_joint,
        schemas.Calling,
        gettext_noop("Public order: call members of the platform to handle it together"),
    ),
    "inspect": Act(
        "recordInspection",
        services.record_inspection,
        schemas.Inspection,
        gettext_noop("Market regulation: write down what an inspection found"),
    ),
    "order-rectification": Act(
        "orderRectification",
        services.order_rectification,
        schemas.Rectification,
        gettext_noop("Law enforcement: serve a notice with the day of the second look"),
    ),
    "check-rectification": Act(
        "checkRectification",
        services.check_rectification,
        schemas.Recheck,
        gettext_noop("Say whether what a notice named was put right"),
    ),
    "guide": Act(
        "guideAtWindow",
        services.guide_at_window,
        schemas.Guidance,
        gettext_noop("Services: answer at the window, or guide to the service that helps"),
    ),
    "close": Act("closeCase", services.close_case, None, gettext_noop("Close it")),
    "withdraw": Act("withdrawCase", services.withdraw_case, None, gettext_noop("Take it back on its reporter's word")),
    "erase": Act(
        "eraseCase",
        services.erase_case,
        schemas.Basis,
        gettext_noop("Destroy for good what an ended matter says about a person"),
    ),
}


def _mount(path: str, act: Act) -> None:
    def with_body(request: HttpRequest, case_id: uuid.UUID, typed: Any) -> object:
        return _done(request, act, case_id, dict(typed))

    def without_body(request: HttpRequest, case_id: uuid.UUID) -> object:
        return _done(request, act, case_id, {})

    view: Callable[..., object] = without_body
    if act.takes is not None:
        with_body.__annotations__["typed"] = act.takes
        view = with_body
    cases.does(f"/{{uuid:case_id}}/{path}", name=act.name, says=act.says, right="handle")(view)


def _done(request: HttpRequest, act: Act, case_id: uuid.UUID, given: dict[str, Any]) -> object:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    return act.verb(actor=actor, case_id=case_id, now=timezone.now(), **given)


for _path, _act in ACTS.items():
    _mount(_path, _act)


@cases.does(
    "/{uuid:case_id}/contact",
    name="revealContact",
    says=gettext_noop("See the reporter's contact, once and for a reason; the look is recorded and the person sees it"),
    right="contacts",
    gives=schemas.Contact,
)
def reveal_contact(request: HttpRequest, case_id: uuid.UUID, typed: schemas.Purpose) -> schemas.Contact:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    contact = services.reveal_contact(actor=actor, case_id=case_id, purpose=typed.purpose, now=timezone.now())
    return schemas.Contact(contact=contact)


Photos = File[list[UploadedFile]]
"""Pictures as they come from a phone: JPEG, PNG or WebP, at most 5 of at most 10 MB. They are made anew without metadata."""


FormWords = Annotated[Text, Form("", examples=["修好后的照片"])]


def _safe(photos: list[UploadedFile]) -> list[SafePhoto]:
    if len(photos) > MAX_PHOTOS:
        raise Invalid("photos-too-many", _("Please send at most 5 photos."))
    return [sanitise(photo.read(MAX_BYTES + 1)) for photo in photos]


@cases.does(
    "/{uuid:case_id}/photos",
    name="addPhotos",
    says=gettext_noop("Add photos to a matter, with words if one likes"),
    right="handle",
    gives=Done,
    keyed=True,
    files=True,
)
def add_photos(request: HttpRequest, case_id: uuid.UUID, photos: Photos, words: FormWords) -> Done:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    entry_id = services.extend_case(
        actor=actor,
        case_id=case_id,
        words=words,
        photos=_safe(photos),
        idempotency_key=_key(request),
        now=timezone.now(),
    )
    return Done(id=str(entry_id))


# the desk ------------------------------------------------------------------------------------------------------------


@desk.asks(
    "/standing",
    name="getStanding",
    says=gettext_noop("How many matters wait, are late, are to be decided"),
    gives=Standing,
)
def standing(request: HttpRequest) -> Standing:
    return queries.standing_for(actor_of(request), now=timezone.now())


@desk.asks(
    "/overview",
    name="getOverview",
    says=gettext_noop("Counts of twelve weeks by category, platform, cluster and place"),
    gives=schemas.OverviewCounts,
)
def overview(request: HttpRequest, area: Code | None = None) -> schemas.OverviewCounts:
    found = queries.overview_for(actor_of(request), now=timezone.now(), area_code=(area or "")[:12])
    return schemas.OverviewCounts.of(found)


@desk.asks("/filters", name="listFilters", says=gettext_noop("Lists that the post keeps"), gives=list[FilterCard])
def list_filters(request: HttpRequest) -> list[FilterCard]:
    return list(queries.filters_of(actor_of(request)))


@desk.does("/filters", name="keepFilter", says=gettext_noop("Keep a list"), right="handle", status=201)
def keep_filter(request: HttpRequest, typed: schemas.Kept) -> uuid.UUID:
    return services.save_filter(
        actor=actor_of(request), name=typed.name, query=_same_list(typed.query), now=timezone.now()
    )


def _same_list(query: str) -> str:
    """The query of a list as the desk's page has it. Raises Invalid for one that no list knows."""
    try:
        asked = schemas.CaseAsked.model_validate(dict(parse_qsl(query.removeprefix("?"), strict_parsing=bool(query))))
    except ValueError as error:
        sentence = _("This is no list: write the parameters of listCases, as in queue=unassigned&category=roads.")
        raise Invalid("filter-query", sentence) from error
    given = asked.model_dump(mode="json", exclude={"cursor", "size"}, exclude_defaults=True)
    return urlencode(given)


@desk.does(
    "/filters/{uuid:filter_id}",
    name="dropFilter",
    says=gettext_noop("Drop a kept list"),
    right="handle",
    method="DELETE",
)
def drop_filter(request: HttpRequest, filter_id: uuid.UUID) -> None:
    services.drop_filter(actor=actor_of(request), filter_id=filter_id, now=timezone.now())


@desk.asks(
    "/handovers",
    name="listHandovers",
    says=gettext_noop("What shifts of the organisation left to each other"),
    gives=list[HandoverCard],
)
def list_handovers(request: HttpRequest) -> list[HandoverCard]:
    return list(queries.handovers(actor_of(request)))


@desk.does(
    "/handovers", name="handOverShift", says=gettext_noop("Leave the shift to the next"), right="handle", status=201
)
def hand_over(request: HttpRequest, typed: schemas.Words) -> uuid.UUID:
    return services.hand_over_shift(actor=actor_of(request), words=typed.words, now=timezone.now())


@desk.does(
    "/handovers/{uuid:handover_id}/take-over",
    name="takeOverShift",
    says=gettext_noop("Take the shift over"),
    right="handle",
)
def take_over(request: HttpRequest, handover_id: uuid.UUID) -> None:
    services.take_over_shift(actor=actor_of(request), handover_id=handover_id, now=timezone.now())


# supervision ---------------------------------------------------------------------------------------------------------


@desk.asks(
    "/supervision",
    name="listSupervision",
    says=gettext_noop("What leaders press for, what is due first on top, with its own clocks"),
    gives=schemas.SupervisionList,
)
def list_supervision(request: HttpRequest, asked: Query[schemas.SupervisionAsked]) -> schemas.SupervisionList:
    page = queries.supervisions_for(actor_of(request), which=asked.show or "", page=asked.page, now=timezone.now())
    return schemas.SupervisionList(
        rows=list(page.cards),
        asked=page.asked,
        late=page.late,
        answered=page.answered,
        over=page.over,
        next_page=page.next_page,
    )


# call-backs ----------------------------------------------------------------------------------------------------------


@desk.asks(
    "/call-backs",
    name="listCallBacks",
    says=gettext_noop("Whose reporters are to be called back, and what came of it"),
    gives=schemas.CallBackList,
)
def list_call_backs(request: HttpRequest, asked: Query[schemas.CallBacksAsked]) -> schemas.CallBackList:
    page = queries.call_backs_for(
        actor_of(request),
        which=asked.show or "",
        page=asked.page,
        reason=asked.reason or "",
        lead_code=asked.unit,
    )
    names = [name for name in schemas.CallBackList.model_fields if name != "rows"]
    return schemas.CallBackList(rows=list(page.cards), **{name: getattr(page, name) for name in names})


@desk.does(
    "/call-backs/{uuid:call_back_id}",
    name="recordCallBack",
    says=gettext_noop("Write down what a call-back said; who is not satisfied gets the matter reopened"),
    right="handle",
)
def record_call_back(request: HttpRequest, call_back_id: uuid.UUID, typed: schemas.CallBackSaid) -> uuid.UUID:
    actor, case_id = actor_of(request), queries.case_of_call_back(call_back_id)
    if case_id is None:
        raise Absent("call-back-absent", _("There is no such call-back."))
    queries.check_sees(actor, case_id)
    return services.record_call_back(
        actor=actor, call_back_id=call_back_id, outcome=typed.outcome, words=typed.words, now=timezone.now()
    )


@desk.does(
    "/call-back-draws",
    name="drawCallBacks",
    says=gettext_noop("Draw a sample of some days' answers to be called back; the seed is recorded"),
    right="handle",
    status=201,
)
def draw_call_backs(request: HttpRequest, typed: schemas.DrawWanted) -> uuid.UUID:
    return services.draw_call_backs(
        actor=actor_of(request), since=typed.since, until=typed.until, percent=typed.percent, now=timezone.now()
    )


@desk.asks(
    "/call-back-draws",
    name="listDraws",
    says=gettext_noop("Samples that were drawn, each with its seed"),
    gives=list[DrawCard],
)
def list_draws(request: HttpRequest) -> list[DrawCard]:
    return list(queries.draws_for(actor_of(request)))


# evaluation and reports ----------------------------------------------------------------------------------------------


@desk.asks(
    "/evaluation",
    name="getEvaluation",
    says=gettext_noop("Figures of units over a month or quarter, and ranges of ranks where the numbers support them"),
    gives=schemas.EvaluationOf,
)
def get_evaluation(request: HttpRequest, asked: Query[schemas.EvaluationAsked]) -> schemas.EvaluationOf:
    period = queries.period_of(asked.period or "") or queries.last_month(timezone.now())
    found = queries.evaluation_for(actor_of(request), period=period, by=asked.by, measure=asked.measure)
    return schemas.EvaluationOf(
        period=period.code,
        units=[_unit(one) for one in found.units],
        ranks=[
            schemas.RankOf(**{name: getattr(one, name) for name in schemas.RankOf.model_fields}) for one in found.ranks
        ],
    )


def _unit(one: queries.UnitFigures) -> schemas.UnitOf:
    plain = ("code", "answered", "reopened", "given", "returned", "objected", "rated", "satisfied")
    return schemas.UnitOf(
        **{name: getattr(one, name) for name in plain},
        in_time=one.answered - one.late,
        first_time_right=one.right,
        median_hours=one.median.value if one.median else None,
    )


@desk.asks(
    "/reports",
    name="listReports",
    says=gettext_noop("Reports of months that the post may read"),
    gives=list[ReportCard],
)
def list_reports(request: HttpRequest) -> list[ReportCard]:
    return list(queries.reports_for(actor_of(request)))


@desk.does(
    "/reports",
    name="draftReport",
    says=gettext_noop("Draft the report of a month that is over from its figures"),
    right="handle",
    status=201,
)
def draft_report(request: HttpRequest, typed: schemas.ReportWanted) -> uuid.UUID:
    period = queries.period_of(typed.month)
    if period is None:
        raise Invalid("report-month", _("A report is of a month that is over. Nothing was changed."))
    return services.draft_report(actor=actor_of(request), period=period, now=timezone.now())


@desk.asks(
    "/reports/{uuid:report_id}",
    name="getReport",
    says=gettext_noop("The words of a month's report"),
    gives=schemas.MonthReport,
)
def get_report(request: HttpRequest, report_id: uuid.UUID) -> schemas.MonthReport:
    whole = queries.report_for(actor_of(request), report_id)
    return schemas.MonthReport(
        report=whole.card,
        addressee=whole.addressee,
        text=whole.text,
        may_edit=whole.may_edit,
        may_issue=whole.may_issue,
    )


@desk.does(
    "/reports/{uuid:report_id}",
    name="editReport",
    says=gettext_noop("Change the words of a draft"),
    right="handle",
    method="PUT",
)
def edit_report(request: HttpRequest, report_id: uuid.UUID, typed: schemas.ReportEdit) -> None:
    services.edit_report(actor=actor_of(request), report_id=report_id, now=timezone.now(), **dict(typed))


@desk.does(
    "/reports/{uuid:report_id}/issue",
    name="issueReport",
    says=gettext_noop("Issue a report: its files are made, and it stays as it is"),
    right="handle",
)
def issue_report(request: HttpRequest, report_id: uuid.UUID) -> None:
    actor, now = actor_of(request), timezone.now()
    files = services.printed(actor, report_id, now=now, issued=True)
    services.issue_report(actor=actor, report_id=report_id, files=files, now=now)


@desk.asks(
    "/reports/{uuid:report_id}/file.{str:form}",
    name="fetchReport",
    says=gettext_noop("An issued report as PDF or Word: pdf or docx"),
    gives=dict.fromkeys(REPORT_FORMS.values(), bytes),
)
def fetch_report(request: HttpRequest, report_id: uuid.UUID, form: str) -> HttpResponse:
    if form not in REPORT_FORMS:
        raise Absent("report-absent", _("There is no such report."))
    content, called = queries.report_file(actor_of(request), report_id, form)
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return HttpResponse(content, content_type=REPORT_FORMS[form], headers=headers)


# tables --------------------------------------------------------------------------------------------------------------


@desk.asks(
    "/exports", name="listExports", says=gettext_noop("Tables that the post asked for"), gives=list[schemas.Export]
)
def list_exports(request: HttpRequest) -> list[schemas.Export]:
    return [_export(card) for card in queries.exports_of(actor_of(request), now=timezone.now())]


def _export(card: queries.ExportCard) -> schemas.Export:
    told = {name: getattr(card, name) for name in schemas.Export.model_fields if name != "export_id"}
    return schemas.Export(export_id=str(card.export_id), **told)


@desk.does(
    "/exports",
    name="askForExport",
    says=gettext_noop("Ask for a table of all matters that a filter means; it is made in the background"),
    right="read",
    status=201,
)
def ask_for_export(request: HttpRequest, typed: schemas.ExportWanted) -> uuid.UUID:
    return services.ask_for_export(
        actor=actor_of(request),
        form=typed.form,
        filters=filters_of(typed),
        with_words=typed.with_words,
        purpose=typed.purpose,
        language=get_language() or "",
        now=timezone.now(),
    )


@desk.asks("/exports/{uuid:export_id}", name="getExport", says=gettext_noop("How far a table is"), gives=schemas.Export)
def get_export(request: HttpRequest, export_id: uuid.UUID) -> schemas.Export:
    return _export(queries.export_of(actor_of(request), export_id, now=timezone.now()))


@desk.does(
    "/exports/{uuid:export_id}",
    name="cancelExport",
    says=gettext_noop("Cancel a table that is being made, or destroy one that is ready"),
    right="read",
    method="DELETE",
)
def cancel_export(request: HttpRequest, export_id: uuid.UUID) -> None:
    services.cancel_export(actor=actor_of(request), export_id=export_id, now=timezone.now())


@desk.asks(
    "/exports/{uuid:export_id}/file",
    name="fetchExport",
    says=gettext_noop("The file of a table that is ready; that it was fetched is recorded"),
    gives=dict.fromkeys((form.media_type for form in FORMS.values()), bytes),
)
def fetch_export(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    taken = services.take_export(actor=actor_of(request), export_id=export_id, now=timezone.now())
    return growing.answer(taken.name, called=taken.called, media_type=FORMS[taken.form].media_type)


# for everybody -------------------------------------------------------------------------------------------------------


@reports.asks(
    "/categories", name="listCategories", says=gettext_noop("Kinds of matters"), gives=list[CategoryCard], right=""
)
def list_categories(request: HttpRequest) -> list[CategoryCard]:
    return list(queries.categories())


@reports.asks(
    "/places",
    name="listPlaces",
    says=gettext_noop("Streets and towns with their communities"),
    gives=list[StreetChoice],
    right="",
)
def list_places(request: HttpRequest) -> list[StreetChoice]:
    return list(territory.community_choices())


@reports.asks(
    "/who-answers",
    name="whoAnswers",
    says=gettext_noop("Who answers for a category at a place on a day, and by which item of which list"),
    gives=schemas.Responsible,
    right="",
)
def who_answers(
    request: HttpRequest, category: Code, place: Code, on: schemas.Day | None = None
) -> schemas.Responsible:
    asked_on = on or timezone.localdate()
    known = directory.organisations([place]).get(place)
    if known is None or known.kind not in {"street", "town", "community", "village"}:
        raise Absent("place-absent", _("There is no such place. Please choose one from the list."))
    if category not in queries.known_codes():
        raise Absent("category-absent", _("There is no such category."))
    found = directory.who_answers(category=category, place_code=place, on=asked_on)
    return schemas.Responsible(category=category, place=place, on=asked_on, answer=found)


@reports.asks(
    "/recent",
    name="listRecent",
    says=gettext_noop("The latest matters without words: kind, street, state, day"),
    gives=list[PublicRow],
    right="",
)
def recent(request: HttpRequest) -> list[PublicRow]:
    return list(queries.public_recent(20))


@reports.asks(
    "/counts",
    name="getCounts",
    says=gettext_noop("How many matters came in and how they stand, those that joined another one too"),
    gives=Counts,
    right="",
)
def counts(request: HttpRequest, since: schemas.Day | None = None, street: Code | None = None) -> Counts:
    return queries.counts(since=since, street_code=(street or "")[:12])


@reports.asks(
    "/open-data",
    name="listMonths",
    says=gettext_noop("Published months: how many matters came in and were answered"),
    gives=list[schemas.Month],
    right="",
)
def months(request: HttpRequest) -> list[schemas.Month]:
    return [schemas.Month.of(card) for card in queries.published_months()]


@reports.asks(
    "/open-data/{month}",
    name="getMonth",
    says=gettext_noop("The figures of a month by category and street; what would speak of too few is withheld"),
    gives=schemas.MonthWhole,
    right="",
)
def month(request: HttpRequest, month: schemas.MonthCode) -> schemas.MonthWhole:
    card = queries.published_month(date.fromisoformat(f"{month}-01"))
    return schemas.MonthWhole(month=schemas.Month.of(card), figures=list(card.figures))


def _resident() -> Actor:
    return Actor(kind="resident", organisation_code=queries.centre_code())


Known = Annotated[Short, Header("", alias=RESIDENT_PASS, description="A pass of the resident roll, if one has it.")]


@reports.does(
    "/reports",
    name="report",
    says=gettext_noop("Report a matter; keep the code and the receipt secret"),
    right="",
    gives=schemas.Taken,
    status=201,
    keyed=True,
)
def report(
    request: HttpRequest,
    typed: schemas.Report,
    known: Known,
) -> schemas.Taken:
    by = _reporter(known)
    opened = services.open_case(
        actor=_resident(),
        words=typed.words,
        category=_offered(typed.category),
        place=typed.place.choice(),
        contact=_contact(typed, by),
        tell=typed.tell,
        reporter=by,
        idempotency_key=_key(request),
        now=timezone.now(),
    )
    return _taken(opened)


def _reporter(text: str) -> services.Reporter | None:
    """Who reports, where a pass of the resident roll names them. Raises Unknown for a pass that names nobody (any more)."""
    if not text:
        return None
    named = residentpass.named(text)
    card = directory.resident(named[0], since=named[1]) if named else None
    if card is None or card.doubted:
        raise Unknown("pass-unknown", _("This pass is over, or none of ours. Please confirm your contact again."))
    return services.Reporter(resident_id=card.resident_id, level=card.level, contact=card.contact)


Secret = Annotated[
    Short,
    Header(alias="Receipt-Secret", description="The receipt secret, told when the matter was taken in."),
]


def _own(request: HttpRequest, code: str, secret: str) -> queries.ResidentCase:
    """The reporter's own matter. Wrong tries count and lock. Raises Absent, Refused, TooMany."""
    return queries.follow(
        checkcode.normalise(code), receipt_secret=secret, address=address_of(request), now=timezone.now()
    )


@reports.asks(
    "/reports/{code}",
    name="followReport",
    says=gettext_noop("How one's own matter stands"),
    gives=schemas.Reported,
    right="",
)
def follow(request: HttpRequest, code: Code, secret: Secret) -> schemas.Reported:
    return schemas.Reported(case=_own(request, code, secret))


@reports.asks(
    "/reports/{code}/clock",
    name="explainOwnDueDate",
    says=gettext_noop("Why it is due then"),
    gives=schemas.Clock,
    right="",
)
def own_clock(request: HttpRequest, code: Code, secret: Secret) -> schemas.Clock:
    return schemas.Clock.of(queries.explained(_own(request, code, secret).case_id))


@reports.asks(
    "/reports/{code}/photos/{uuid:photo_id}",
    name="getOwnPhoto",
    says=gettext_noop("A photo of one's own matter"),
    gives={"image/jpeg": bytes},
    right="",
)
def own_photo(request: HttpRequest, code: Code, photo_id: uuid.UUID, secret: Secret) -> HttpResponse:
    found = queries.resident_photo(_own(request, code, secret).case_id, photo_id)
    return HttpResponse(found.content, content_type=found.media_type)


OWN = (
    "followReport",
    "explainOwnDueDate",
    "addToReport",
    "addPhotosToReport",
    "rateReport",
    "reopenReport",
    "withdrawReport",
    "tellOfReport",
)
"""Operations on one's own matter: they take its code and the receipt secret."""


def _own_door(
    path: str, name: str, says: str, *, keyed: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return reports.does(
        f"/reports/{{code}}/{path}", name=name, says=says, right="", gives=schemas.Reported, keyed=keyed
    )


@_own_door("additions", "addToReport", gettext_noop("Add something to one's own matter"), keyed=True)
def add(request: HttpRequest, code: Code, typed: schemas.Words, secret: Secret) -> schemas.Reported:
    mine = _own(request, code, secret).case_id
    services.extend_case(
        actor=_resident(), case_id=mine, words=typed.words, idempotency_key=_key(request), now=timezone.now()
    )
    return schemas.Reported(case=queries.resident_case(mine, now=timezone.now()))


@reports.does(
    "/reports/{code}/photos",
    name="addPhotosToReport",
    says=gettext_noop("Add photos to one's own matter, with words if one likes"),
    right="",
    gives=schemas.Reported,
    keyed=True,
    files=True,
)
def add_own_photos(
    request: HttpRequest, code: Code, photos: Photos, secret: Secret, words: FormWords
) -> schemas.Reported:
    mine = _own(request, code, secret).case_id
    services.extend_case(
        actor=_resident(),
        case_id=mine,
        words=words,
        photos=_safe(photos),
        idempotency_key=_key(request),
        now=timezone.now(),
    )
    return schemas.Reported(case=queries.resident_case(mine, now=timezone.now()))


@_own_door("rating", "rateReport", gettext_noop("Say how well it was answered, from 1 to 5"))
def rate(request: HttpRequest, code: Code, typed: schemas.Score, secret: Secret) -> schemas.Reported:
    mine = _own(request, code, secret).case_id
    services.rate_case(actor=_resident(), case_id=mine, score=typed.score, words=typed.words, now=timezone.now())
    return schemas.Reported(case=queries.resident_case(mine, now=timezone.now()))


@_own_door("reopening", "reopenReport", gettext_noop("Ask to look at it again"))
def reopen(request: HttpRequest, code: Code, typed: schemas.Words, secret: Secret) -> schemas.Reported:
    mine = _own(request, code, secret).case_id
    services.reopen_case(actor=_resident(), case_id=mine, words=typed.words, now=timezone.now())
    return schemas.Reported(case=queries.resident_case(mine, now=timezone.now()))


@_own_door("withdrawal", "withdrawReport", gettext_noop("Take one's own matter back"))
def withdraw(request: HttpRequest, code: Code, secret: Secret) -> schemas.Reported:
    mine = _own(request, code, secret).case_id
    services.withdraw_case(actor=_resident(), case_id=mine, now=timezone.now())
    return schemas.Reported(case=queries.resident_case(mine, now=timezone.now()))


@_own_door("channel", "tellOfReport", gettext_noop("Say whether, and where, one wants to be told"))
def tell(request: HttpRequest, code: Code, typed: schemas.Telling, secret: Secret) -> schemas.Reported:
    mine = _own(request, code, secret).case_id
    services.choose_channel(actor=_resident(), case_id=mine, tell=typed.tell, contact=typed.contact, now=timezone.now())
    return schemas.Reported(case=queries.resident_case(mine, now=timezone.now()))
