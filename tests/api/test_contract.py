"""The API does what its description says, whatever is sent: made-up requests with the token of each role, seeds fixed.

No answer may be a bug of ours (5xx), none may be missing from the description or look otherwise than it says.
With `PIANQU_API_EACH_ROLE=1` every operation gets all its examples with the token of every role, one role after the other,
which takes an hour; without, the roles share them.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from ninja import Schema
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi

from pianqu.composition.api import api
from pianqu.composition.wsgi import application
from pianqu.foundation.db import vendor
from pianqu.foundation.installation import installation
from tests.api.conftest import World
from tests.journeys import test_matrix as matrix

EXAMPLES = int(os.environ.get("PIANQU_API_EXAMPLES", "100" if vendor() == "sqlite" else "20"))
"""Made-up requests an operation; fewer on the second database."""
ROLES = sorted(matrix.ROLES)
EACH_ROLE = os.environ.get("PIANQU_API_EACH_ROLE") == "1"
TOKENS = [(login,) for login in ROLES] if EACH_ROLE else [tuple(ROLES)]
WALKS = max(1, EXAMPLES // (4 if EACH_ROLE else 4 * len(ROLES)))
"""Walks through linked answers with each role's token."""
CHECKS = (
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
)
SEED = 330205
CALM = {
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
}


@cache
def described() -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


OPERATIONS = [
    (method.upper(), path) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods
]


def _kinds_of(kind: type[Schema]) -> Iterator[type[Schema]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds_of(one)


def test_no_two_bodies_share_a_name() -> None:
    """The description names bodies by their class alone: of two that are called the same, one would be described as the other."""
    names = Counter(one.__name__ for one in set(_kinds_of(Schema)) if one.__module__.startswith("pianqu."))
    assert not [name for name, number in names.items() if number > 1]


@pytest.fixture
def unhurried() -> Iterator[None]:
    """Any number of requests a minute, in the test's own transaction as Django's test client has it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    free = replace(installation(), api_rate=0)
    with (
        patch("pianqu.composition.api.installation", lambda: free),
        patch("pianqu.foundation.api.installation", lambda: free),
    ):
        yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def headers(world: World, login: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.tokens[login]}", "Accept-Language": "en"}


@pytest.mark.parametrize("logins", TOKENS)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_made_up_requests_are_answered_as_described(
    world: World, unhurried: None, method: str, path: str, logins: tuple[str, ...]
) -> None:
    """Half of them name something that is there, so that they come further than to 404."""
    operation = described()[path][method]
    real = {
        "case_id": [str(one.case_id) for one in world.made.values()],
        "post_id": [str(actor.post_id) for actor in world.actors.values()],
        "code": [one.code for one in world.made.values()] if "cases" in path else [matrix.LAW, matrix.CENTRE],
    }

    @seed(SEED)
    @settings(max_examples=EXAMPLES, **CALM)
    @given(
        case=operation.as_strategy(),
        login=st.sampled_from(logins),
        is_real=st.booleans(),
        which=st.integers(0, 100),
    )
    def asked(case: Any, login: str, is_real: bool, which: int) -> None:
        for name in set(case.path_parameters) & set(real) if is_real else ():
            case.path_parameters[name] = real[name][which % len(real[name])]
        with matrix.taken_back():
            answer = case.call(headers=headers(world, login))
        case.validate_response(answer, checks=CHECKS)

    asked()


@pytest.mark.parametrize("login", ROLES)
def test_what_one_answer_names_the_next_request_finds(world: World, unhurried: None, login: str) -> None:
    """Requests in a row, each with ids from the answers before it (the description's links)."""

    class Machine(described().as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers(world, login)}

        def validate_response(self, response: Any, case: Any, *_given: Any, **_more: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    run_state_machine_as_test(seed(SEED)(Machine), settings=settings(max_examples=WALKS, stateful_step_count=8, **CALM))
