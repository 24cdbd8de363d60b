"""JSON doors of what suggests: for words and for matters, and the models behind it."""

import uuid

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop

from pianqu.foundation.api import actor_of
from pianqu.rooms.casework import queries, schemas, services
from pianqu.rooms.casework.endpoints.cases import cases, desk


@cases.asks(
    "/{uuid:case_id}/suggestion",
    name="suggestForCase",
    says=gettext_noop("What its words look like: category, platform, who leads, and why"),
    gives=schemas.Sorted,
)
def suggest_for_case(request: HttpRequest, case_id: uuid.UUID) -> schemas.Sorted:
    card = queries.case_for(actor_of(request), case_id)
    return schemas.Sorted.of(queries.suggestion(card.words, card.place_code))


@desk.does(
    "/triage/suggestion",
    name="suggestForWords",
    says=gettext_noop("What words look like, before a matter is taken in"),
    right="intake",
    gives=schemas.Sorted,
)
def suggest_for_words(request: HttpRequest, typed: schemas.WordsToSort) -> schemas.Sorted:
    return schemas.Sorted.of(queries.suggestion(typed.words))


@desk.asks(
    "/triage",
    name="getTriage",
    says=gettext_noop("What suggests now, the kept models with their figures, and what people made of it"),
    gives=schemas.TriageModels,
)
def get_triage(request: HttpRequest) -> schemas.TriageModels:
    return schemas.TriageModels.of(queries.triage_for(actor_of(request), now=timezone.now()))


@desk.does(
    "/triage/training",
    name="trainTriage",
    says=gettext_noop("Have a model learned from the district's answered matters"),
    right="arrange",
    status=202,
)
def train(request: HttpRequest) -> uuid.UUID:
    return services.ask_for_training(actor=actor_of(request), now=timezone.now())


@desk.does(
    "/triage/version",
    name="chooseTriageModel",
    says=gettext_noop("Let another version suggest"),
    right="arrange",
    method="PUT",
)
def choose(request: HttpRequest, typed: schemas.Version) -> None:
    services.choose_model(actor=actor_of(request), version=typed.version, now=timezone.now())
