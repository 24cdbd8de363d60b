"""What every JSON door shares: who calls, what its token may do, one answer a key, cursors, and how a refusal looks.

A room's endpoints.py makes a `Doors()`, mounts its questions with `asks` and its verbs with `does`, and composition puts the
routers of all rooms together.
"""

import base64
import binascii
import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, wraps
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Router, Schema, Status
from ninja.constants import NOT_SET
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import fingerprint
from pianqu.foundation.errors import Forbidden, Invalid, Problem
from pianqu.foundation.idempotency import answer_once
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.verbs import verb

RIGHTS: dict[str, str] = {
    "read": gettext_noop("Read what the post may see"),
    "intake": gettext_noop("Take matters in"),
    "handle": gettext_noop("Handle matters"),
    "contacts": gettext_noop("Reveal a reporter's contact, one at a time and with a reason"),
    "residents": gettext_noop("Enter residents into the roll"),
    "arrange": gettext_noop("Change organisations, posts, duty, grid and service points"),
    "calendar": gettext_noop("Subscribe to the calendar of due dates and duty, and nothing else"),
    "connect": gettext_noop("Arrange what other systems are told"),
}
"""What a token can be allowed to do 权限. A token never gives more than its post may."""

RESIDENT_PASS = "Resident-Pass"
"""The header in which a resident's program sends what `confirmContact` gave it."""
KEY = "Idempotency-Key"
LONGEST_KEY = 64
LEAST_OPEN_KEY = 16
"""Signs of a key without a token: everybody's lie together there, so that it has to be one that nobody else thinks of."""
_KEY_SIGNS = re.compile(r"[0-9A-Za-z_-]+")
LONGEST_PAGE = 200


class Unknown(Problem):
    """The caller does not say who it is, or says it wrongly (401)."""

    status = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A program that calls with a token: the post in which it acts, and what the token allows."""

    actor: Actor
    rights: frozenset[str]
    token_id: uuid.UUID
    name: str
    expires_at: datetime

    def check(self, right: str) -> None:
        """Raise Forbidden where the token does not allow it, whatever the post may."""
        if right not in self.rights:
            sentence = _("This token does not allow it: it lacks the right “%(right)s”. Nothing was changed.")
            raise Forbidden("token-lacks-right", sentence % {"right": right})


# what comes in and goes out ------------------------------------------------------------------------------------------


class Body(Schema):
    """What a program sends: a field that is not known is a mistake, and said so."""

    model_config = ConfigDict(extra="forbid")


class Done(Schema):
    """A verb was done. `id` is what it made or wrote down: most often the ledger's entry."""

    id: str | None = Field(None, examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"])


class FieldFault(Schema):
    """What is wrong with one field."""

    field: str = Field(examples=["body.words"])
    message: str = Field(examples=["Field required"])


class ProblemBody(Schema):
    """A refusal (RFC 9457): what happened, what was kept, what to do."""

    type: str = Field(examples=["urn:pianqu:problem:case-absent"])
    title: str = Field(examples=["There is no such matter."])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable name of the refusal, for programs.", examples=["case-absent"])
    errors: list[FieldFault] = Field(default_factory=list)


def _day_of_century(day: Any) -> Any:
    if not 2000 <= day.year < 2100:
        raise ValueError(_("This has to be a day between 2000 and 2099."))
    return day


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError(_("A text cannot hold the character NUL."))
    return text


Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,40}$")]
"""A code as the house writes them."""
Text = Annotated[str, StringConstraints(max_length=5_000), AfterValidator(_no_nul)]
Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(_no_nul)]
Moment = Annotated[AwareDatetime, AfterValidator(_day_of_century)]


def day(value: Any) -> Any:
    """For `Annotated[date, AfterValidator(day)]`: a day of this century, so that no sum of days can run over."""
    return _day_of_century(value)


def problem_body(problem: Problem, errors: list[FieldFault] | None = None) -> dict[str, Any]:
    """A refusal as problem+json."""
    return {
        "type": f"urn:pianqu:problem:{problem.code}",
        "title": problem.told,
        "status": problem.status,
        "code": problem.code,
        "errors": [fault.model_dump() for fault in errors or []],
    }


# doors ---------------------------------------------------------------------------------------------------------------

View = Callable[..., Any]
REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429, 503})


class Doors:
    """One room's JSON doors under a heading."""

    def __init__(self, heading: str) -> None:
        self.router = Router(tags=[heading])

    def asks(self, path: str, *, name: str, says: str, gives: Any, right: str = "read") -> Callable[[View], View]:
        """Mount a question. Without a right (`""`) everybody may ask. One that answers a file `gives` {media type: bytes}."""

        def mount(view: View) -> View:
            @wraps(view)
            def door(request: HttpRequest, *args: Any, **given: Any) -> Any:
                _admit(request, right)
                answer = view(request, *args, **given)
                return answer if isinstance(answer, HttpResponseBase) else Status(200, answer)

            self._mount("GET", path, door, name=name, says=says, right=right, gives=gives, status=200)
            return view

        return mount

    def does(
        self,
        path: str,
        *,
        name: str,
        says: str,
        right: str,
        method: str = "POST",
        gives: Any = Done,
        status: int = 200,
        keyed: bool | None = None,
        files: bool = False,
    ) -> Callable[[View], View]:
        """Mount a verb. What the view answers is the id that the verb gave; a repeated key does nothing twice.

        A view that answers something else than an id says what it `gives`, and whether it looks after repeated keys itself.
        So does one that takes `files`: their bytes are read once only.
        """

        def mount(view: View) -> View:
            @wraps(view)
            def door(request: HttpRequest, *args: Any, **given: Any) -> Any:
                _admit(request, right)
                if gives is not Done or files:
                    return Status(status, view(request, *args, **given))
                answer = _answer(request, right, lambda: view(request, *args, **given))
                return Status(status, Done(id=answer or None))

            once = gives is Done if keyed is None else keyed
            self._mount(method, path, door, name=name, says=says, right=right, gives=gives, status=status, once=once)
            return view

        return mount

    def _mount(
        self,
        method: str,
        path: str,
        door: View,
        *,
        name: str,
        says: str,
        right: str,
        gives: Any,
        status: int,
        once: bool = False,
    ) -> None:
        files = tuple(gives) if isinstance(gives, dict) else ()
        mounted = self.router.api_operation(
            [method],
            path,
            operation_id=name,
            summary=says,
            response={status: str if files else gives, REFUSALS: ProblemBody},
            auth=NOT_SET if right else None,
            openapi_extra={"x-right": right, "x-once": once, **({"x-media": files} if files else {})},
        )
        mounted(_strict(door, self.router))


def _strict(door: View, router: Router) -> View:
    """The door, which refuses parameters that it does not know, or gets twice: a misspelt filter would answer everything."""

    @cache
    def known() -> frozenset[str]:
        views = router.path_operations.values()
        operation = next(one for view in views for one in view.operations if one.view_func is strict)
        asked: list[Any] = [model for model in operation.models if model.__ninja_param_source__ == "query"]
        return frozenset(name for model in asked for name in model.__ninja_flatten_map__)

    @wraps(door)
    def strict(request: HttpRequest, *args: Any, **given: Any) -> Any:
        if strange := sorted(set(request.GET) - known()):
            sentence = _("These parameters are not known here: %(names)s. Nothing was looked up or changed.")
            raise Invalid("parameter-unknown", sentence % {"names": ", ".join(strange)[:200]})
        if twice := sorted(name for name, given_values in request.GET.lists() if len(given_values) > 1):
            sentence = _("Please give each parameter once: %(names)s. Nothing was looked up or changed.")
            raise Invalid("parameter-twice", sentence % {"names": ", ".join(twice)[:200]})
        return door(request, *args, **given)

    return strict


def caller_of(request: HttpRequest) -> Caller:
    """Who calls; the door was opened with a token."""
    caller: Any = getattr(request, "auth", None)
    if not isinstance(caller, Caller):
        raise Unknown("token-missing", _("Please send your token: Authorization: Bearer …"))
    return caller


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the caller acts."""
    return caller_of(request).actor


def address_of(request: HttpRequest) -> str:
    """Where the request came from; the web server has looked through the proxies that it trusts."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _admit(request: HttpRequest, right: str) -> None:
    caller = caller_of(request) if right else None
    party = f"token:{caller.token_id}" if caller else f"address:{address_of(request)}"
    request.pace = LIMITS.check(party, per_minute=installation().api_rate)  # type: ignore[attr-defined]
    if caller:
        caller.check(right)


def key_of(request: HttpRequest, *, least: int = 1) -> str:
    """The request's idempotency key, empty where it has none. Raises Invalid for one that is none of ours."""
    key = request.headers.get(KEY, "")
    if key and not (least <= len(key) <= LONGEST_KEY and _KEY_SIGNS.fullmatch(key)):
        sentence = _("An Idempotency-Key has %(least)s to %(most)s letters, digits, - or _. Nothing was changed.")
        raise Invalid("idempotency-key-wrong", sentence % {"least": least, "most": LONGEST_KEY})
    return key


def own_key(request: HttpRequest) -> str:
    """The same for a verb that looks after keys itself: a token's key is no other token's. Without a token it has to be long."""
    caller: Any = getattr(request, "auth", None)
    if not isinstance(caller, Caller):
        return key_of(request, least=LEAST_OPEN_KEY)
    key = key_of(request)
    return hashlib.sha256(f"{caller.token_id}|{key}".encode()).hexdigest() if key else ""


def _answer(request: HttpRequest, right: str, act: Callable[[], Any]) -> str:
    key = key_of(request, least=1 if right else LEAST_OPEN_KEY)
    if not key or not right:
        return str(act() or "")
    caller = caller_of(request)
    content = f"{request.method} {request.path}\n".encode() + hashlib.sha256(request.body).digest()
    mark = fingerprint(content.hex(), scope="api")
    return _once(scope=f"api|{caller.token_id}", key=key, mark=mark, act=act, now=timezone.now())


@verb
def _once(*, scope: str, key: str, mark: str, act: Callable[[], Any], now: datetime) -> str:
    return answer_once(scope=scope, key=key, fingerprint=mark, now=now, act=lambda: str(act() or ""))


# pages of a list -----------------------------------------------------------------------------------------------------


def cursor_of(token: str, question: Mapping[str, Any]) -> str:
    """A list's next page as a program carries it, bound to the question that it belongs to; empty for none."""
    if not token:
        return ""
    return base64.urlsafe_b64encode(f"{_mark(question)} {token}".encode()).decode().rstrip("=")


def token_in(text: str, question: Mapping[str, Any]) -> str:
    """The list's own token again. Raises Invalid for a cursor that was made up, or belongs to another question."""
    if not text:
        return ""
    try:
        mark, _blank, token = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", True).decode().partition(" ")
    except (binascii.Error, ValueError) as error:
        raise Invalid("cursor-unknown", _("This cursor is none of ours. Please begin with the first page.")) from error
    if mark != _mark(question):
        sentence = _("This cursor belongs to another question. Ask the same one again, or begin with the first page.")
        raise Invalid("cursor-of-another-question", sentence)
    return token


def _mark(question: Mapping[str, Any]) -> str:
    return hashlib.sha256(repr(sorted(question.items())).encode("utf-8", "backslashreplace")).hexdigest()[:16]
