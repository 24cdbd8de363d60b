"""Studies of sites, as programs ask for them and get them."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pianqu.foundation.api import Body, Short
from pianqu.rooms.planning.queries import Candidate, Reach, StudyCard
from pianqu.rooms.planning.rules import MOST_SITES


class SiteStudyAsk(Body):
    """What somebody wants to know. `sites` counts all that are open in the end, present ones too."""

    title: Annotated[Short, Field(min_length=1, max_length=60, examples=["2027 年便民窗口选址"])]
    question: Literal["coverage", "median", "centre"] = "coverage"
    demand: Literal["households", "cases"] = "households"
    sites: int = Field(ge=1, le=MOST_SITES, examples=[20])
    minutes: int = Field(15, ge=1, le=60)
    present: Literal["keep", "free", "none"] = "keep"
    point_kind: Annotated[Short, Field(max_length=16)] = ""
    kinds: list[Literal["school", "hospital", "commercial", "community"]] = Field(
        ["school", "hospital", "commercial"], max_length=4
    )
    capacity: int | None = Field(None, ge=1, le=1_000_000)
    seed: int = Field(2611, ge=0, lt=2**31)


class ChosenSites(Body):
    """Candidates by their number in the study."""

    sites: list[Annotated[int, Field(ge=0, le=1_000_000)]] = Field(
        min_length=1, max_length=MOST_SITES, examples=[[0, 3]]
    )


class SiteStudyPublic(Body):
    public: bool = Field(examples=[True])


class SiteStudyWhole(Schema):
    """A study with its candidates and what the chosen sites mean; no `reach` before the answer."""

    study: StudyCard
    run_state: str
    candidates: list[Candidate]
    reach: Reach | None
