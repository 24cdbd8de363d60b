"""One small district with a token of every role, as the matrix of roles has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.limits import LIMITS
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.tests.builders import SYSTEM, WAITAN_1, body, small_district
from pianqu.rooms.ledger import services as ledger
from tests.journeys import test_matrix as matrix


@dataclass(slots=True, kw_only=True)
class World:
    """Who acts, with which token, on which matters."""

    actors: dict[str, Actor]
    tokens: dict[str, str]
    made: dict[str, matrix.Object]

    def program(self, login: str = "", language: str = "en") -> Client:
        """A program with the token of this role; without one for nobody."""
        given = {"authorization": f"Bearer {self.tokens[login]}"} if login else {}
        return Client(headers={"accept-language": language, **given})


@pytest.fixture(scope="module")
def made_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for the tests of a file, in a transaction around theirs: each of them begins with it as it was made."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world: World, db: None) -> Iterator[World]:
    LIMITS.forget()
    casework.forget_working_days()
    yield made_world
    LIMITS.forget()


def _world() -> World:
    now = timezone.now()
    casework.forget_working_days()
    LIMITS.forget()
    small_district()
    ledger.create_log(now=now)
    more = [body(matrix.HEALTH), body(matrix.OWNERS, "owners_committee", WAITAN_1)]
    directory.add_organisations(actor=SYSTEM, items=more, valid_from=now.date(), now=now)
    matrix._places(now)
    actors = {login: matrix._actor(matrix._post(login, *role)) for login, role in matrix.ROLES.items()}
    made = matrix.objects()
    for name, one in made.items():
        matrix._make(name, one, actors, now)
    tokens = {login: issue(actor) for login, actor in actors.items()}
    return World(actors=actors, tokens=tokens, made=made)


def issue(actor: Actor, *rights: str, days: int = 30) -> str:
    now = timezone.now()
    return directory.issue_token(
        actor=actor, name="test", rights=rights or tuple(RIGHTS), expires_at=now + timedelta(days=days), now=now
    )
