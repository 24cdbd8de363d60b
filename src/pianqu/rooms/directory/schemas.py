"""What programs send to the directory, in the words of its verbs."""

from datetime import date
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, Field

from pianqu.foundation.api import Body, Code, Moment, Short, day
from pianqu.rooms.directory.queries import OrganisationCard, PowerCard

Day = Annotated[date, AfterValidator(day)]


class OrganisationWhole(Schema):
    """An organisation with its line, its ground, what it may and what it became."""

    organisation: OrganisationCard
    superiors: list[str] = Field(description="The line above it, nearest first.")
    areas: list[str]
    powers: list[PowerCard]
    successors: list[str]


class NewBody(Body):
    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$", examples=["330205-water"])]
    kind: Short = Field(examples=["department"])
    name: Annotated[Short, Field(min_length=1, max_length=80, examples=["区水利局"])]
    short_name: Annotated[Short, Field(min_length=1, max_length=40, examples=["水利局"])]
    name_en: Annotated[Short, Field(max_length=120)] = ""
    parent_code: Code | Literal[""] = Field("", examples=["330205"])
    serves_code: Code | Literal[""] = ""
    valid_from: Day | None = None


class Superior(Body):
    parent_code: Code
    was: Code | None = Field(None, description="The superior as you know it: another one by now is refused.")


class Areas(Body):
    area_codes: list[Code] = Field(max_length=400)
    valid_from: Day | None = None


class Appointment(Body):
    login: Short = Field(examples=["zhang.san"])
    organisation_code: Code
    kind: Short = Field(examples=["handler"])
    title: Annotated[Short, Field(min_length=1, max_length=40, examples=["经办人"])]
    beside: bool = Field(True, description="Beside the posts that the account holds; else in their place.")


class Absence(Body):
    post_id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    by_post_id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    starts: Moment
    ends: Moment
    across: bool = False


class OnDuty(Body):
    post_id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    organisation_code: Code
    starts: Moment
    ends: Moment


class Lent(Body):
    what: Literal["resource", "service", "person", "responsibility"]
    title: Annotated[Short, Field(min_length=1, max_length=80, examples=["律师坐班"])]
    from_code: Code
    to_code: Code
    starts: Day
    ends: Day | None = None
    presence: Literal["resident", "rotating", "on_call"]
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, max_length=7)
    may_decide: list[Code] = Field(default_factory=list, max_length=100)
    post_id: str | None = Field(None, pattern=r"^[0-9a-f-]{36}$")


class Line(Body):
    verb: Literal["handle", "assist", "approve", "decide"]
    category: Code
    area_code: Code
    level: Literal["district", "street", "cluster", "community"]
    organisation_code: Code
    list_kind: Literal["basic", "assisting", "taken_back"]
    article: Annotated[Short, Field(max_length=120)]
    valid_from: Day
    valid_to: Day | None = None


class DutyList(Body):
    source: Annotated[Short, Field(min_length=1, max_length=80, examples=["街道职责清单 2026"])]
    rows: list[Line] = Field(max_length=5_000)


class Card(Body):
    """What an officer reads from somebody's card."""

    name: Short
    number: Short
    area_code: Code
    contact: Short = ""


class SecondReading(Body):
    number: Short
