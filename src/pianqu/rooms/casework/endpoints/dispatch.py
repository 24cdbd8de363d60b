"""JSON doors of dispatch: rules by version, suggestions, trials, templates, calls to the spot, joint task forces."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import Body, Code, Doors, Moment, Short, Text, actor_of
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import (
    ForceCard,
    Joint,
    RuleFigures,
    RuleRow,
    RuleSuggestion,
    RuleVersionCard,
    TemplateCard,
    TemplatePart,
    TrialCard,
    WhistleCard,
)
from pianqu.rooms.casework.schemas import Day
from pianqu.rooms.casework.services import NewTemplate

rules = Doors("dispatch")
whistles = Doors("whistles")
forces = Doors("forces")
LEAD, HELPER = "330205-enforcement", "330205-housing"
Codes = Annotated[list[Code], Field(max_length=60)]


class RuleBody(Body):
    """A rule: what is left out does not matter."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"code": "noise", "name": "噪声", "categories": ["noise"], "lead": LEAD, "nature": "complaint"}
            ]
        },
    )

    code: Short
    name: Short = ""
    categories: Codes = []
    areas: Codes = Field([], description="Streets or communities.")
    cells: Codes = []
    channels: Codes = []
    weekdays: list[int] = Field([], max_length=7, description="1 is Monday.")
    since: Short = Field("", description="A time of day like 08:30; the span may go over midnight.")
    until: Short = ""
    words: list[Short] = Field([], max_length=60, description="Any of these occurs.")
    returned_by: Codes = Field([], description="Any of these gave the matter back.")
    lead: Short = ""
    helpers: Codes = []
    template: Short = ""
    nature: Short = ""
    automatic: bool = Field(False, description="Dispatched without a person where a duty list names the lead.")

    def row(self) -> RuleRow:
        told: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in self.model_dump().items()}
        return RuleRow(**told)


class RulesBody(Body):
    """The whole draft, in its order."""

    rules: list[RuleBody] = Field(
        max_length=300, examples=[[{"code": "noise", "name": "噪声", "categories": ["noise"], "lead": LEAD}]]
    )
    former: Short = Field("", description="The digest that was read: another's change meanwhile is not overwritten.")


class RuleDraftBody(Body):
    based_on: int = Field(0, ge=0, le=2**31 - 1, description="A version, 0 for an empty draft.", examples=[1])


class AdoptBody(Body):
    starts_on: Day = Field(examples=["2026-12-01"])


class TrialBody(Body):
    since: Day = Field(examples=["2026-10-01"])
    until: Day = Field(examples=["2026-10-31"])
    compared: int = Field(0, ge=0, le=2**31 - 1, description="Another version; 0 is the one in force.")


class RuleNumber(Schema):
    number: int


class Digest(Schema):
    digest: str


class Fault(Schema):
    """What is wrong with a rule; a grave one keeps the version from being put in force."""

    rule: str
    kind: str
    grave: bool
    says: str


class Whole(Schema):
    """A version with what is wrong with it and how its rules did."""

    version: RuleVersionCard
    faults: list[Fault]
    figures: list[RuleFigures]


class Suggested(Schema):
    """What a rule suggests; null where none fits."""

    suggestion: RuleSuggestion | None


class PartBody(Body):
    organisation_code: Code = Field(examples=[HELPER])
    days: int = Field(0, ge=0, le=60, description="Working days after the dispatch; 0 is the matter's own date.")
    after: Codes = Field([], description="Helpers whose parts come first.")


class TemplateBody(Body):
    """A template of joint handling; the same code again replaces it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"code": "night", "name": "夜间施工联办", "lead_code": LEAD, "parts": [{"organisation_code": HELPER}]}
            ]
        },
    )

    code: Short
    name: Short
    categories: Codes = []
    lead_code: Short = ""
    parts: list[PartBody] = Field([], max_length=20)
    checklist: list[Short] = Field([], max_length=30)
    includes: Codes = []


class OrderBody(Body):
    organisation_code: Code = Field(examples=[HELPER])
    after_codes: Codes = Field(examples=[["330205-ecology"]])


class TickBody(Body):
    item_id: uuid.UUID = Field(examples=["0198a2c4-9f1e-7d3b-8a55-2f6c1e9d7b10"])
    done: bool = Field(True, examples=[True])


@rules.asks(
    "/rules", name="listRules", says=gettext_noop("Versions of the dispatch rules"), gives=list[RuleVersionCard]
)
def list_rules(request: HttpRequest) -> list[RuleVersionCard]:
    return list(queries.rule_versions(actor_of(request), on=timezone.localdate()))


@rules.does(
    "/rules",
    name="draftRules",
    says=gettext_noop("Begin a draft of the dispatch rules"),
    right="arrange",
    gives=RuleNumber,
    status=201,
)
def draft_rules(request: HttpRequest, typed: RuleDraftBody) -> RuleNumber:
    number = services.draft_rules(actor=actor_of(request), based_on=typed.based_on, now=timezone.now())
    return RuleNumber(number=number)


@rules.asks(
    "/rules/{int:number}",
    name="getRules",
    says=gettext_noop("One version, what is wrong with it, and how its rules did"),
    gives=Whole,
)
def get_rules(request: HttpRequest, number: int) -> Whole:
    actor = actor_of(request)
    card = queries.rule_version(actor, number, on=timezone.localdate())
    names = {row.code: row.name or row.code for row in card.rules}
    found = queries.rule_faults(card.rules, queries.templates())
    return Whole(
        version=card,
        faults=[
            Fault(rule=one.code, kind=one.kind, grave=one.is_grave, says=queries.fault_words(one, names))
            for one in found
        ],
        figures=list(queries.rule_figures(actor, number).values()),
    )


@rules.does(
    "/rules/{int:number}",
    name="writeRules",
    says=gettext_noop("Write the draft anew"),
    right="arrange",
    method="PUT",
    gives=Digest,
)
def write_rules(request: HttpRequest, number: int, typed: RulesBody) -> Digest:
    rows = [one.row() for one in typed.rules]
    digest = services.write_rules(
        actor=actor_of(request), number=number, rows=rows, former=typed.former, now=timezone.now()
    )
    return Digest(digest=digest)


@rules.does(
    "/rules/{int:number}/adopt",
    name="adoptRules",
    says=gettext_noop("Put a draft in force from a day on"),
    right="arrange",
)
def adopt_rules(request: HttpRequest, number: int, typed: AdoptBody) -> None:
    services.adopt_rules(actor=actor_of(request), number=number, starts_on=typed.starts_on, now=timezone.now())


@rules.does("/rules/{int:number}/drop", name="dropRules", says=gettext_noop("Give a draft up"), right="arrange")
def drop_rules(request: HttpRequest, number: int) -> None:
    services.drop_rules(actor=actor_of(request), number=number, now=timezone.now())


@rules.does(
    "/rules/{int:number}/restore",
    name="restoreRules",
    says=gettext_noop("Go back to a version that was in force"),
    right="arrange",
    gives=RuleNumber,
)
def restore_rules(request: HttpRequest, number: int) -> RuleNumber:
    return RuleNumber(number=services.restore_rules(actor=actor_of(request), number=number, now=timezone.now()))


@rules.does(
    "/rules/{int:number}/trials",
    name="tryRules",
    says=gettext_noop("Ask where the matters of past days would have gone by a version"),
    right="handle",
)
def try_rules(request: HttpRequest, number: int, typed: TrialBody) -> uuid.UUID:
    return services.try_rules(actor=actor_of(request), number=number, now=timezone.now(), **typed.model_dump())


@rules.asks("/trials", name="listTrials", says=gettext_noop("Trials of the post"), gives=list[TrialCard])
def list_trials(request: HttpRequest) -> list[TrialCard]:
    return list(queries.trials_of(actor_of(request)))


@rules.asks(
    "/trials/{uuid:trial_id}", name="getTrial", says=gettext_noop("Where matters would have gone"), gives=TrialCard
)
def get_trial(request: HttpRequest, trial_id: uuid.UUID) -> TrialCard:
    actor = actor_of(request)
    return queries.trial_of(actor, trial_id, mark=queries.scope_mark(actor))


@rules.asks(
    "/cases/{uuid:case_id}/suggestion",
    name="getSuggestion",
    says=gettext_noop("What the rules in force suggest for a matter, and why"),
    gives=Suggested,
)
def get_suggestion(request: HttpRequest, case_id: uuid.UUID) -> Suggested:
    return Suggested(suggestion=queries.case_suggestion(actor_of(request), case_id, now=timezone.now()))


@rules.asks(
    "/templates",
    name="listTemplates",
    says=gettext_noop("Templates of joint handling, ended ones too"),
    gives=list[TemplateCard],
)
def list_templates(request: HttpRequest) -> list[TemplateCard]:
    actor_of(request)
    return list(queries.templates().cards.values())


@rules.does("/templates", name="setTemplate", says=gettext_noop("Keep a template of joint handling"), right="arrange")
def set_template(request: HttpRequest, typed: TemplateBody) -> None:
    parts = tuple(
        TemplatePart(organisation_code=p.organisation_code, days=p.days, after=tuple(p.after)) for p in typed.parts
    )
    services.set_template(
        actor=actor_of(request),
        template=NewTemplate(
            code=typed.code,
            name=typed.name,
            categories=tuple(typed.categories),
            lead_code=typed.lead_code,
            parts=parts,
            checklist=tuple(typed.checklist),
            includes=tuple(typed.includes),
        ),
        now=timezone.now(),
    )


@rules.does(
    "/templates/{str:code}/end", name="endTemplate", says=gettext_noop("Offer a template no more"), right="arrange"
)
def end_template(request: HttpRequest, code: Code) -> None:
    services.end_template(actor=actor_of(request), code=code, now=timezone.now())


@rules.asks(
    "/cases/{uuid:case_id}/joint",
    name="getJoint",
    says=gettext_noop("Checklist and order of parts of a matter"),
    gives=Joint,
)
def get_joint(request: HttpRequest, case_id: uuid.UUID) -> Joint:
    queries.check_sees(actor_of(request), case_id)
    return queries.joint_of(case_id)


@rules.does(
    "/cases/{uuid:case_id}/order",
    name="orderParts",
    says=gettext_noop("Say whose parts come before another's"),
    right="handle",
)
def order_parts(request: HttpRequest, case_id: uuid.UUID, typed: OrderBody) -> uuid.UUID:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    return services.order_parts(actor=actor, case_id=case_id, now=timezone.now(), **typed.model_dump())


@rules.does(
    "/cases/{uuid:case_id}/tick", name="tickCheck", says=gettext_noop("Tick something off a checklist"), right="handle"
)
def tick_check(request: HttpRequest, case_id: uuid.UUID, typed: TickBody) -> uuid.UUID:
    actor = actor_of(request)
    queries.check_sees(actor, case_id)
    return services.tick_check(actor=actor, case_id=case_id, now=timezone.now(), **typed.model_dump())


# calls to the spot ---------------------------------------------------------------------------------------------------


class WhistleBody(Body):
    """Whom to call where, for what, by when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "called_codes": [LEAD],
                    "words": "路口占道，请一起到现场",
                    "answer_by": "2026-12-01T10:00:00+08:00",
                    "be_there_by": "2026-12-01T14:00:00+08:00",
                    "place_code": "330205005005",
                    "landmark": "菜场南门",
                }
            ]
        },
    )

    called_codes: Codes
    words: Text
    answer_by: Moment
    be_there_by: Moment
    place_code: Short = ""
    landmark: Short = ""
    case_id: uuid.UUID | None = None


class AnswerBody(Body):
    office: Short = Field(examples=["综合执法一中队"])
    comes_at: Moment = Field(examples=["2026-12-01T13:00:00+08:00"])


class WordsBody(Body):
    words: Text = Field(examples=["已现场处理完毕"])


class DecideBody(WordsBody):
    called_code: Code = Field(examples=[LEAD])
    excused: bool = Field(examples=[True])


class ArriveBody(Body):
    called_code: Short = Field(
        "", description="Who arrived, where it is said by who called; else the own organisation.", examples=[LEAD]
    )


@whistles.asks(
    "", name="listWhistles", says=gettext_noop("Calls to the spot that concern the post"), gives=list[WhistleCard]
)
def list_whistles(request: HttpRequest) -> list[WhistleCard]:
    return list(queries.whistles_for(actor_of(request), now=timezone.now()))


@whistles.does("", name="blowWhistle", says=gettext_noop("Call departments to the spot"), right="handle")
def blow_whistle(request: HttpRequest, typed: WhistleBody) -> uuid.UUID:
    return services.blow_whistle(actor=actor_of(request), now=timezone.now(), **typed.model_dump())


@whistles.asks("/{uuid:whistle_id}", name="getWhistle", says=gettext_noop("One call to the spot"), gives=WhistleCard)
def get_whistle(request: HttpRequest, whistle_id: uuid.UUID) -> WhistleCard:
    return queries.whistle_for(actor_of(request), whistle_id, now=timezone.now())


def _seen(request: HttpRequest, whistle_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    actor = actor_of(request)
    queries.whistle_for(actor, whistle_id, now=now)
    return {"actor": actor, "whistle_id": whistle_id, "now": now}


@whistles.does("/{uuid:whistle_id}/answer", name="answerWhistle", says=gettext_noop("Say that we come"), right="handle")
def answer_whistle(request: HttpRequest, whistle_id: uuid.UUID, typed: AnswerBody) -> None:
    services.answer_whistle(**_seen(request, whistle_id, timezone.now()), **typed.model_dump())


@whistles.does(
    "/{uuid:whistle_id}/object", name="objectToWhistle", says=gettext_noop("Say that it is not ours"), right="handle"
)
def object_to_whistle(request: HttpRequest, whistle_id: uuid.UUID, typed: WordsBody) -> None:
    services.object_to_whistle(**_seen(request, whistle_id, timezone.now()), words=typed.words)


@whistles.does(
    "/{uuid:whistle_id}/decide",
    name="decideOnWhistle",
    says=gettext_noop("Decide on an objection to a call"),
    right="handle",
)
def decide_on_whistle(request: HttpRequest, whistle_id: uuid.UUID, typed: DecideBody) -> None:
    services.decide_on_whistle(**_seen(request, whistle_id, timezone.now()), **typed.model_dump())


@whistles.does("/{uuid:whistle_id}/arrive", name="arriveAtWhistle", says=gettext_noop("Be there"), right="handle")
def arrive_at_whistle(request: HttpRequest, whistle_id: uuid.UUID, typed: ArriveBody) -> None:
    services.arrive_at_whistle(**_seen(request, whistle_id, timezone.now()), called_code=typed.called_code)


@whistles.does(
    "/{uuid:whistle_id}/finish", name="finishWhistle", says=gettext_noop("Say what came of a call"), right="handle"
)
def finish_whistle(request: HttpRequest, whistle_id: uuid.UUID, typed: WordsBody) -> None:
    services.finish_whistle(**_seen(request, whistle_id, timezone.now()), words=typed.words)


@whistles.does("/{uuid:whistle_id}/end", name="endWhistle", says=gettext_noop("End a call to the spot"), right="handle")
def end_whistle(request: HttpRequest, whistle_id: uuid.UUID) -> None:
    services.end_whistle(**_seen(request, whistle_id, timezone.now()))


# joint task forces ---------------------------------------------------------------------------------------------------


class ForceBody(Body):
    """Who works together on what, from when until when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "夜间噪声组",
                    "words": "降低夜间施工噪声",
                    "lead_code": LEAD,
                    "member_codes": [HELPER],
                    "starts_on": "2026-12-01",
                    "ends_on": "2027-02-28",
                }
            ]
        },
    )

    name: Short
    words: Text
    lead_code: Code
    member_codes: Codes
    starts_on: Day
    ends_on: Day


class GiveBody(Body):
    code: Short = Field(examples=["8K3F27QH"])
    after: Short = Field("", description="The code of one of its matters that comes first.")


@forces.asks("", name="listForces", says=gettext_noop("Joint task forces that concern the post"), gives=list[ForceCard])
def list_forces(request: HttpRequest) -> list[ForceCard]:
    return list(queries.forces_for(actor_of(request), now=timezone.now(), on=timezone.localdate()))


@forces.does("", name="formForce", says=gettext_noop("Form a joint task force"), right="handle")
def form_force(request: HttpRequest, typed: ForceBody) -> uuid.UUID:
    return services.form_force(actor=actor_of(request), now=timezone.now(), **typed.model_dump())


@forces.asks(
    "/{uuid:force_id}", name="getForce", says=gettext_noop("One joint task force with its matters"), gives=ForceCard
)
def get_force(request: HttpRequest, force_id: uuid.UUID) -> ForceCard:
    return queries.force_for(actor_of(request), force_id, now=timezone.now(), on=timezone.localdate())


def _ours(request: HttpRequest, force_id: uuid.UUID) -> dict[str, Any]:
    actor = actor_of(request)
    queries.force_for(actor, force_id, now=timezone.now(), on=timezone.localdate())
    return {"actor": actor, "force_id": force_id, "now": timezone.now()}


@forces.does(
    "/{uuid:force_id}/give", name="giveToForce", says=gettext_noop("Give a joint task force a matter"), right="handle"
)
def give_to_force(request: HttpRequest, force_id: uuid.UUID, typed: GiveBody) -> uuid.UUID:
    return services.give_to_force(**_ours(request, force_id), **typed.model_dump())


@forces.does(
    "/{uuid:force_id}/matters/{uuid:case_id}/release",
    name="releaseFromForce",
    says=gettext_noop("Take a matter from a joint task force"),
    right="handle",
)
def release_from_force(request: HttpRequest, force_id: uuid.UUID, case_id: uuid.UUID) -> None:
    services.release_from_force(**_ours(request, force_id), case_id=case_id)


@forces.does("/{uuid:force_id}/end", name="endForce", says=gettext_noop("End a joint task force"), right="handle")
def end_force(request: HttpRequest, force_id: uuid.UUID, typed: WordsBody) -> None:
    services.end_force(**_ours(request, force_id), words=typed.words)
