"""What programs send to the directory, in the words of its verbs."""

from datetime import date
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, Field

from pianqu.foundation.api import Body, Code, Moment, Short, day
from pianqu.rooms.directory.queries import OrganisationCard, PowerCard

Day = Annotated[date, AfterValidator(day)]
PostId = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$", examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"])]
Starts = Annotated[Moment, Field(examples=["2026-12-01T09:00:00+08:00"])]
Ends = Annotated[Moment, Field(examples=["2026-12-01T17:30:00+08:00"])]


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
    parent_code: Code = Field(examples=["330205-centre"])
    was: Code | None = Field(None, description="The superior as you know it: another one by now is refused.")


class Areas(Body):
    area_codes: list[Code] = Field(max_length=400, examples=[["330205001001", "330205001004"]])
    valid_from: Day | None = None


class Appointment(Body):
    login: Short = Field(examples=["zhang.san"])
    organisation_code: Code = Field(examples=["330205-enforcement"])
    kind: Short = Field(examples=["handler"])
    title: Annotated[Short, Field(min_length=1, max_length=40, examples=["经办人"])]
    beside: bool = Field(True, description="Beside the posts that the account holds; else in their place.")


class Absence(Body):
    post_id: PostId
    by_post_id: PostId
    starts: Starts
    ends: Ends
    across: bool = False


class OnDuty(Body):
    post_id: PostId
    organisation_code: Code = Field(examples=["330205-enforcement"])
    starts: Starts
    ends: Ends


class Lent(Body):
    what: Literal["resource", "service", "person", "responsibility"] = Field(examples=["service"])
    title: Annotated[Short, Field(min_length=1, max_length=80, examples=["律师坐班"])]
    from_code: Code = Field(examples=["330205-justice"])
    to_code: Code = Field(examples=["330205-beijiao"])
    starts: Day = Field(examples=["2026-12-01"])
    ends: Day | None = None
    presence: Literal["resident", "rotating", "on_call"] = Field(examples=["rotating"])
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
    rows: list[Line] = Field(
        max_length=5_000,
        examples=[
            [
                {
                    "verb": "handle",
                    "category": "roads",
                    "area_code": "330205",
                    "level": "district",
                    "organisation_code": "330205-enforcement",
                    "list_kind": "basic",
                    "article": "3.2",
                    "valid_from": "2026-12-01",
                }
            ]
        ],
    )


class Card(Body):
    """What an officer reads from somebody's card."""

    name: Short = Field(examples=["张三"])
    number: Short = Field(examples=["11010519491231002X"])
    area_code: Code = Field(examples=["330205001001"])
    contact: Short = ""


class SecondReading(Body):
    number: Short = Field(examples=["11010519491231002X"])
