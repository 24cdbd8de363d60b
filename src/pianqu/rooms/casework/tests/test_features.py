"""What programs look at, learn from and keep: the matter, never a person. Schemas are listed; the same matter told by other
people, taken in by other officials, looks the same."""

import ast
import dataclasses
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from pianqu import kernels
from pianqu.foundation.actor import Actor
from pianqu.kernels import breach, dispatch, hotspots, likeness, triage
from pianqu.rooms.casework import rules, services
from pianqu.rooms.casework.models import Case, LikenessKey
from pianqu.rooms.casework.queries.dispatch import matter_of
from pianqu.rooms.casework.queries.forecasts import asked_now, moments_to_learn
from pianqu.rooms.casework.queries.hotspots import Spoken, spoken
from pianqu.rooms.casework.queries.triage import confirmed_matters
from pianqu.rooms.casework.services.likening import keep_likeness
from pianqu.rooms.casework.tests.builders import LEAD, NOW, opened, post_of, resident

LOOKED_AT: dict[type, set[str]] = {
    breach.Asked: {"state", "queue", "category", "hour", "age", "term", "load", "lately"},
    hotspots.Message: {"key", "text", "day", "place", "area", "category", "same"},
    likeness.Beside: {"metres", "same_community", "same_category", "days"},
    dispatch.Matter: {"category", "place", "cell", "channel", "weekday", "minute", "text", "returned_by"},
    Spoken: {"case_id", "words", "category", "place_code", "opened_at", "lon", "lat", "voice", "same"},
}
"""Everything that a kernel is told of a matter. `queue` and `returned_by` are organisations, `hour` the day's, `age` the term's.
`voice` counts a person once within an issue, by a mark that its salt's renewal makes useless; no message holds it. `same` is the
matter that it was joined to."""
LEARNERS = {"breach", "hotspots", "triage_training", "locate", "merging", "solvers"}
"""Kernels that compute with numpy, scipy or scikit-learn. `locate` looks up points in the gazetteer, `merging` lays grids of
departments over one another, `solvers` hands numbers on to scipy: neither is told of a matter."""
KEPT = {
    "BreachModel": {
        "id",
        "content",
        "digest",
        "is_used",
        "matters",
        "late_share",
        "auc",
        "ece",
        "queue_auc",
        "learned_at",
    },
    "Forecast": {"case", "risk", "reasons", "asked_at"},
    "HotIssue": {
        *("id", "span_days", "category", "place_code", "street_code", "lon", "lat", "first_at", "last_at", "matters"),
        *("voices", "heat", "daily", "phrases", "found_at"),
    },
    "HotMatter": {"id", "issue", "case"},
    "HotRun": {"span_days", "found_at", "matters", "left_out"},
    "Likeness": {"id", "case"},
    "LikenessKey": {"id", "key", "likeness"},
    "SuggestionAnswer": {"id", "case", "what", "version", "suggested", "chosen", "rank", "prefilled", "at"},
    "RuleUse": {"task", "case", "version", "rule_code", "suggested_code", "followed", "automatic", "at"},
    "TriageModel": {
        *("id", "state", "reason", "version", "digest", "file_name", "card", "matters", "in_use", "asked_at"),
        *("asked_by_post", "learned_at"),
    },
}
"""What is kept of it. `asked_by_post` says which post had a model learned: an act of office, nothing is learned from it."""
PERSONAL = (
    *("resident", "person", "account", "reporter", "contact", "phone", "mail", "mask", "tail", "sealed", "identity"),
    *(
        "voice",
        "caller",
        "login",
        "device",
        "gender",
        "birth",
        "post",
        "official",
        "name",
        "score",
        "rating",
        "receipt",
    ),
)
NOT_PERSONAL = {"asked_by_post", "file_name", "voices", "voice"}
"""A file's name, how many voices there were, and the two that are explained above."""


def personal(names: Iterable[str]) -> set[str]:
    return {name for name in names if any(part in name for part in PERSONAL)} - NOT_PERSONAL


@pytest.mark.parametrize("schema", LOOKED_AT, ids=lambda one: f"{one.__module__.rsplit('.', 1)[-1]}.{one.__name__}")
def test_a_kernel_is_told_of_the_matter_alone(schema: Any) -> None:
    told = {one.name for one in dataclasses.fields(schema)}
    assert told == LOOKED_AT[schema], "a new field is a decision about people: say here what it is"
    assert personal(told) == set()


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_names_nobody(name: str) -> None:
    columns = {one.name for one in apps.get_model("casework", name)._meta.concrete_fields}
    assert columns == KEPT[name], "a new column is a decision about people: say here what it is"
    assert personal(columns) == set()


def test_no_row_of_a_program_leads_to_a_person_but_by_the_matter() -> None:
    for name in KEPT:
        for one in apps.get_model("casework", name)._meta.concrete_fields:
            if isinstance(one, models.ForeignKey) and isinstance(one.related_model, type):
                assert one.related_model.__name__ in {"Case", "Task", "HotIssue", "Likeness"}, one


def test_every_learner_is_listed() -> None:
    heavy = {"numpy", "scipy", "sklearn"}
    found = set()
    for path in sorted(Path(kernels.__path__[0]).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
        named = {
            alias.name if isinstance(one, ast.Import) else str(one.module)
            for one in ast.walk(tree)
            if isinstance(one, ast.Import | ast.ImportFrom)
            for alias in one.names
        }
        if {name.split(".")[0] for name in (*said, *named) if name.isascii() and " " not in name} & heavy:
            found.add(path.stem)
    assert found == LEARNERS, "list what it is told of a matter in LOOKED_AT"


def test_learned_signs_come_from_the_listed_fields() -> None:
    asked = breach.Asked(state="handled", queue=LEAD, category="roads", hour=9, age=0.2, term=5.0, load=3, lately=0.1)
    names = {name for sign in breach.signs(asked) for name in sign.partition("=")[0].split("-")}
    assert names <= set(breach.FIELDS)
    assert triage.SCHEMA == ("a character", "two neighbouring characters", "a word in Latin letters")


@pytest.mark.parametrize("name", ["resident_id", "phone_hash", "account", "by_post", "reporter_age", "official_score"])
def test_the_check_can_fail(name: str) -> None:
    assert personal({"category", name}) == {name}


# the same matter, other people ---------------------------------------------------------------------------------------


def official(name: str, organisation_code: str = "") -> Actor:
    return Actor(kind="post", post_id=post_of(name), organisation_code=organisation_code or rules.centre_code())


def told_by(contact: str | None, clerk: Actor, lead: Actor, at: timedelta, *, answered: bool) -> Case:
    case = opened(contact=contact, tell=contact is not None, now=NOW + at)
    given = {"case_id": case.case_id, "now": NOW + at + timedelta(hours=1)}
    services.dispatch_case(actor=clerk, lead_code=LEAD, nature="complaint", **given)
    services.start_task(actor=lead, **given)
    if answered:
        services.resolve_case(actor=lead, reply="好了", **given)
        services.rate_case(actor=resident(), score=4 if contact else 5, **given)
    return Case.objects.get(id=case.case_id)


@pytest.mark.parametrize("answered", [False, True])
def test_the_same_matter_told_by_others_looks_the_same(answered: bool) -> None:
    people = [(None, "window-1", "handler-1"), ("13805744406", "window-2", "handler-2"), ("li@example.com", "w3", "h3")]
    cases = [
        told_by(contact, official(clerk), official(lead, LEAD), timedelta(0), answered=answered)
        for contact, clerk, lead in people
    ]
    keep_likeness()
    later, ids = NOW + timedelta(days=1), [case.id for case in cases]
    learned = moments_to_learn(now=NOW + timedelta(days=40))
    looks: dict[str, list[Any]] = {
        "rules": [matter_of(case) for case in cases],
        "forecast": [asked for case_id, asked in asked_now(now=later) if case_id in ids],
        "learning": [[(m.at, m.asked, m.late) for m in learned if m.case_id == one] for one in ids],
        "hot": [dataclasses.replace(one, case_id=ids[0], voice="", same="") for one in spoken(since=NOW, until=later)],
        "triage": confirmed_matters(),
        "likeness": [
            sorted(LikenessKey.objects.filter(likeness__case=case).values_list("key", flat=True)) for case in cases
        ],
    }
    assert {name: len(seen) for name, seen in looks.items()} == {
        **dict.fromkeys(looks, len(people)),
        "forecast": 0 if answered else len(people),
        "triage": len(people) if answered else 0,
    }
    assert {name for name, seen in looks.items() if len({repr(one) for one in seen}) > 1} == set()
