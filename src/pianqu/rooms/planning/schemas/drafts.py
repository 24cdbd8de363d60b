"""Drafts, as programs send and get them."""

import uuid
from datetime import date
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, Field

from pianqu.foundation.api import Body, Code, Moment, Short, Text, day
from pianqu.rooms.planning.queries import BrokenCard, DraftMay, FiguresCard, OptionCard
from pianqu.rooms.planning.services import Change

PlanDay = Annotated[date, AfterValidator(day)]
Number = Annotated[int, Field(ge=-1, le=1_000_000)]
MOST_UNITS = 100_000
ID = "0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"


class PlanSettings(Body):
    """What is asked of a plan; what is left out stays as it is. Tolerance in ten-thousandths of the mean."""

    clusters: int | None = Field(None, ge=1, le=2_000, examples=[12])
    tolerance: int | None = Field(None, ge=0, le=10_000, examples=[500])
    balance: Literal["households", "population", "workload"] | None = None
    cut: int | None = Field(None, ge=0, le=1_000)
    split: int | None = Field(None, ge=0, le=1_000)
    moved: int | None = Field(None, ge=0, le=1_000)
    by_length: bool | None = None
    systems: dict[Code, Annotated[int, Field(ge=0, le=1_000)]] | None = None
    seed: int | None = Field(None, ge=0, le=2**31)
    sweeps: int | None = Field(None, ge=10, le=10_000)
    tries: int | None = Field(None, ge=1, le=64)
    least: int | None = Field(None, ge=0, le=1_000_000)
    most: int | None = Field(None, ge=1, le=1_000_000)

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in dict(self).items() if value is not None}


class NewDraft(Body):
    title: Annotated[Short, Field(min_length=1, max_length=60, examples=["2026 年片区调整"])]
    level: Literal["clusters", "cells"] = "clusters"
    settings: PlanSettings | None = None
    bridged: bool = Field(True, description="Join islands where they are nearest.")


class DraftEdit(Body):
    """One change; `revision` is the last one that was seen, so that nobody writes over another's work."""

    revision: int = Field(ge=0, le=2**31 - 1, examples=[7])
    kind: Literal["paint", "lock", "unlock", "split", "merge", "centre", "rename", "settings", "undo"] = Field(
        examples=["paint"]
    )
    moves: list[tuple[Number, Number]] = Field(default_factory=list, max_length=MOST_UNITS, examples=[[[4, 0]]])
    units: list[Number] = Field(default_factory=list, max_length=MOST_UNITS)
    cluster: Number = -1
    clusters: list[Number] = Field(default_factory=list, max_length=2)
    unit: Number = -1
    name: Annotated[Short, Field(max_length=60)] = ""
    settings: PlanSettings | None = None

    def change(self) -> Change:
        return Change(
            kind=self.kind,
            moves=self.moves,
            units=self.units,
            cluster=self.cluster,
            clusters=self.clusters,
            unit=self.unit,
            name=self.name,
            settings=self.settings.given() if self.settings else {},
        )


class DraftRepair(Body):
    revision: int = Field(ge=0, le=2**31 - 1, examples=[8])
    near: list[Number] = Field(min_length=1, max_length=1_000, examples=[[4]])
    reach: int = Field(3, ge=0, le=6)


class DraftCompute(Body):
    kind: Literal["plan", "front"] = Field("plan", examples=["front"])
    count: int = Field(30, ge=5, le=50, description="Of a front: how many plans.")


class DraftChoice(Body):
    revision: int = Field(ge=0, le=2**31 - 1, examples=[7])
    option: uuid.UUID = Field(examples=[ID])


Seen = Annotated[int | None, Field(ge=0, le=2**31 - 1)]
SEEN = "The last revision that was seen; a draft that has changed since is refused. Left out: whatever stands."


class DraftPublication(Body):
    comments_until: PlanDay | None = Field(
        None, examples=["2026-12-31"], description="The last day for comments, included. Left out: nobody is asked."
    )
    because: Annotated[Text, Field(max_length=2_000)] = Field(
        "", description="Why nobody is asked; needed without a last day. It is published with the plan."
    )
    revision: Seen = Field(None, description=SEEN)


class DraftAdoption(Body):
    valid_from: PlanDay = Field(examples=["2027-01-01"])
    names: dict[Annotated[int, Field(ge=0, le=2_000)], Annotated[Short, Field(max_length=60)]] = Field(
        default_factory=dict, max_length=2_000, description="New names by the cluster's number."
    )
    reason: Annotated[Text, Field(max_length=2_000)] = Field("", description="Needed beyond the tolerance.")
    revision: Seen = Field(None, description=SEEN)


class DraftComment(Body):
    words: Annotated[Text, Field(min_length=1, max_length=1_000, examples=["我们小区请留在一个片区里。"])]
    unit: Code | Literal[""] = Field("", description="Code of the unit that it is about; empty: the whole plan.")
    revision: Seen = Field(None, description="The revision of which it speaks. Left out: the latest.")


class PlanRun(Schema):
    """A computation about a draft."""

    id: uuid.UUID
    kind: str
    state: str
    done: int
    of: int
    percent: int
    seconds_left: int | None
    reason: str
    sentences: list[str]


class DraftWhole(Schema):
    """A draft with its plan, what the plan is worth, and what was computed."""

    id: uuid.UUID
    title: str
    level: str
    state: str
    revision: int
    may: DraftMay
    settings: dict[str, Any]
    part: list[int]
    names: list[dict[str, str]]
    locks: list[int]
    centres: list[int]
    figures: FiguresCard
    now_figures: FiguresCard | None
    broken: list[BrokenCard]
    options: list[OptionCard]
    run: PlanRun | None
    changed_by: str
    changed_at: Moment
    units_digest: str
    comments: int
    organisation_code: str = Field(description="Whose draft it is: changed there, or by an organisation above it.")
    unasked: str = Field(description="Why nobody was asked for comments; empty where people were.")


class DraftRevision(Schema):
    """The draft's revision after a change, and the units that moved."""

    revision: int
    moved: list[int] = Field(default_factory=list)


class UnitsWhole(Schema):
    """What a draft joins (planning.units/v1), and the shapes as GeoJSON."""

    units: dict[str, Any]
    shapes: dict[str, Any]
