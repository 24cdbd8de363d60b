"""Every column in which words may stand and that hangs on a case is emptied when the case is erased, or stands here with why."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from pianqu.foundation.fields import GramsField
from pianqu.rooms.casework import readers, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.tests.builders import NOW, clerk, opened
from pianqu.rooms.ledger import services as ledger

if TYPE_CHECKING:
    Column = models.Field[Any, Any]
else:
    Column = models.Field

LONGEST_CODE = 40
"""Shorter columns hold codes of ours: the models' own names for them say so, and facts carry them too."""
MARK = "老王13805744406"
KEPT = {
    "Case.imported_id": "the number of the other system; its deletion there is the other system's",
    "Case.receipt_secret_hash": "a hash of a random secret of ours: the person's own way to see that it was erased",
    "Clock.rule_id": "a rule of the pack",
    "Task.article": "an item of a published duty list",
    "CheckItem.words": "from a template, the same for every matter of its kind",
    "BulkItem.sentence": "a sentence of ours, why an act could not be done",
    "BulkAct.values": "codes that an act was given",
    "PlatformAct.party_codes": "codes of organisations",
    "Forecast.reasons": "codes of signs",
    "CallBackDraw.seed": "random, and drawn over many matters",
    "CaseList.salt": "of a whole file, which is not kept",
    "CaseListItem.key": "a keyed hash, so that the same file does not bring the row back",
    "RootCause.title": "of many matters: what makes them come again",
    "RootCause.title_salt": "of many matters",
    "RootCause.hypothesis": "of many matters",
    "RootCause.hypothesis_salt": "of many matters",
    "RootCause.outcome": "of many matters",
    "RootCause.outcome_salt": "of many matters",
    "TaskForce.name": "of organisations that work together, not of a matter",
    "TaskForce.purpose": "of organisations that work together",
    "TaskForce.purpose_salt": "of organisations that work together",
    "TaskForce.report": "of organisations that work together",
    "TaskForce.report_salt": "of organisations that work together",
}
STATES: dict[str, dict[str, Any]] = {
    "WhistleCall": {"state": "finished"},
    "Supervision": {"state": "accepted"},
    "RootCause": {"state": "opened"},
    "CallBack": {"outcome": "satisfied"},
    "Rating": {"score": 5},
    "Contact": {"channel": ""},
    "BulkAct": {"ended_at": NOW},
    "CaseList": {"expires_at": NOW},
}
"""What a row needs beside what its columns' kinds say."""


def hanging() -> list[type[models.Model]]:
    """Models of the room whose rows belong to a case, by however many steps, and the rows that those name."""
    room = list(apps.get_app_config("casework").get_models())
    found: set[type[models.Model]] = {Case}
    while more := {one for one in room if one not in found and set(_named(one)) & found}:
        found |= more
    found |= {named for one in found for named in _named(one)}
    return sorted(found, key=lambda one: one.__name__)


def _named(model: type[models.Model]) -> Iterator[type[models.Model]]:
    for one in model._meta.concrete_fields:
        if isinstance(one, models.ForeignKey) and isinstance(one.related_model, type):
            yield one.related_model


def wordy(model: type[models.Model]) -> list[Column]:
    """Columns that may hold words, or what binds or finds them."""
    return [
        one
        for one in model._meta.concrete_fields
        if isinstance(one, models.TextField | models.JSONField | models.BinaryField)
        or (isinstance(one, models.CharField) and (one.max_length or 0) > LONGEST_CODE)
    ]


def mark(one: Column) -> Any:
    if isinstance(one, models.BinaryField):
        return MARK.encode()
    return [MARK] if isinstance(one, models.JSONField) else MARK


def value(one: Column, case: Case, made: dict[type[models.Model], models.Model]) -> Any:
    if isinstance(one, models.ForeignKey):
        assert isinstance(one.related_model, type)
        return case if one.related_model is Case else row(one.related_model, case, made)
    if one in wordy(one.model):
        return mark(one)
    kinds: list[tuple[type[Column], Any]] = [
        (GramsField, ["老王"]),  # beside the folded text, in the same row
        (models.UUIDField, uuid.uuid4()),
        (models.DateTimeField, NOW),
        (models.DateField, date(2026, 3, 2)),
        (models.BooleanField, False),
        (models.CharField, "x"),
        (models.FloatField, 0.5),
        (models.IntegerField, 1),
    ]
    return next(given for kind, given in kinds if isinstance(one, kind))


def row(model: type[models.Model], case: Case, made: dict[type[models.Model], models.Model]) -> models.Model:
    """A row of this model that belongs to the case, with the mark in every column that takes words."""
    if model not in made:
        given = {}
        for one in model._meta.concrete_fields:
            is_needed = one.related_model is Case or (not one.null and not one.has_default())
            is_filled = is_needed or one in wordy(model)
            if is_filled and not isinstance(one, models.BigAutoField | models.AutoField):
                given[one.name] = value(one, case, made)
        made[model] = model._default_manager.create(**given | STATES.get(model.__name__, {}))
    return made[model]


def left(model: type[models.Model], one: Column) -> bool:
    """Whether the mark still stands in this column."""
    for said in model._default_manager.values_list(one.attname, flat=True):
        text = bytes(said).decode("utf-8", "replace") if isinstance(said, bytes | memoryview) else str(said)
        if MARK in text:
            return True
    return False


def test_every_column_of_words_that_hangs_on_a_case_is_emptied() -> None:
    ledger.create_log(now=timezone.now())
    case = Case.objects.get(id=opened(words=MARK, photos=[]).case_id)
    services.resolve_case(actor=clerk(), case_id=case.id, reply=MARK, now=NOW)
    services.close_case(actor=clerk(), case_id=case.id, now=NOW)
    case.refresh_from_db()
    made: dict[type[models.Model], models.Model] = {Case: case}
    for model in hanging():
        if _has_one(model):
            model._default_manager.filter(case=case).delete()
    for model in hanging():
        row(model, case, made)
    Case.objects.filter(id=case.id).update(**{one.name: mark(one) for one in wordy(Case)})
    marked = [(model, one) for model in hanging() for one in wordy(model)]
    assert [f"{model.__name__}.{one.name}" for model, one in marked if not left(model, one)] == [], (
        "words are everywhere"
    )
    services.erase_case(actor=clerk(), case_id=case.id, basis="consent-withdrawn", now=NOW + timedelta(days=400))
    ledger.seal(now=timezone.now())
    while ledger.deliver(reader=readers.HOT, to=readers.hear_erasures):
        pass
    kept = {f"{model.__name__}.{one.name}" for model, one in marked if left(model, one)}
    assert kept - set(KEPT) == set(), "erase these in services/erasing.py, or name them in KEPT with why"
    assert set(KEPT) - kept == set(), "these are erased, or are no columns any more"


def _has_one(model: type[models.Model]) -> bool:
    return any(isinstance(one, models.OneToOneField) and one.name == "case" for one in model._meta.concrete_fields)


def test_the_walk_reaches_what_it_has_to() -> None:
    names = {model.__name__ for model in hanging()}
    assert {"Note", "Whistle", "WhistleCall", "CallBack", "Supervision", "JointAnswer", "BulkAct", "HotIssue"} <= names


@pytest.mark.parametrize("name", sorted(KEPT))
def test_a_reason_is_given(name: str) -> None:
    assert len(KEPT[name]) > 12
