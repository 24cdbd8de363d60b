"""JSON doors of reply templates: list, keep, change, retire, fill for a matter, and count a use."""

import uuid
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import Body, Code, Doors, Short, Text, actor_of
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import ReplyCard
from pianqu.rooms.casework.services import ReplyWords

replies = Doors("replies")

_EXAMPLE: dict[str, Any] = {
    "name": "路灯已修复",
    "use": "answer",
    "category": "roads",
    "words": "您好，您反映的{{地点}}路灯问题（{{受理编号}}）已修复。{{本单位}}，{{今天}}",
    "words_en": "",
}


class ReplyBody(Body):
    """A template. Blanks are written {{number}} or {{受理编号}}; listReplyVariables names them all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: Short
    use: Literal["answer", "return", "message"] = Field(
        description="For answers, returns, or messages to the reporter."
    )
    category: Code | Literal[""] = Field("", description="Offered for this category only; empty for all.")
    words: Text = Field(description="In Chinese.")
    words_en: Text = ""

    def wanted(self) -> ReplyWords:
        return ReplyWords(
            name=self.name, use=self.use, words=self.words, words_en=self.words_en, category=self.category
        )


class NewReplyBody(ReplyBody):
    """A new one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{**_EXAMPLE, "for_all": False}]})

    for_all: bool = Field(False, description="The district's, offered to every organisation.")


class ChangedReplyBody(ReplyBody):
    """Other words for it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{**_EXAMPLE, "version": 1}]})

    version: int = Field(ge=1, le=1_000_000, description="The one that was looked at.")


class UsedBody(Body):
    """The matter that was written about."""

    case_id: uuid.UUID = Field(examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"])


class Variable(Schema):
    """A blank by its two names."""

    english: str = Field(examples=["number"])
    chinese: str = Field(examples=["受理编号"])


class Filled(Schema):
    """A template's words for one matter; `open` are blanks of which nothing is known."""

    words: str
    open: list[str]


@replies.asks(
    "",
    name="listReplyTemplates",
    says=gettext_noop("Templates of the own organisation and of the district, with how often each was used"),
    gives=list[ReplyCard],
)
def list_replies(request: HttpRequest) -> list[ReplyCard]:
    return list(queries.reply_templates_for(actor_of(request), now=timezone.now()))


@replies.asks(
    "/variables",
    name="listReplyVariables",
    says=gettext_noop("What may stand in a template's blanks"),
    gives=list[Variable],
)
def list_variables(request: HttpRequest) -> list[Variable]:
    actor_of(request)
    return [Variable(english=english, chinese=chinese) for english, chinese in queries.BLANKS.items()]


@replies.asks(
    "/{uuid:template_id}/words",
    name="fillReplyTemplate",
    says=gettext_noop("A template's words for one matter; nothing is sent or counted"),
    gives=Filled,
)
def fill(
    request: HttpRequest, template_id: uuid.UUID, case_id: uuid.UUID, language: Literal["zh", "en"] = "zh"
) -> Filled:
    words = queries.filled_reply(
        actor_of(request), case_id=case_id, template_id=template_id, language=language, now=timezone.now()
    )
    return Filled(words=words, open=list(queries.open_blanks(words)))


@replies.does(
    "",
    name="makeReplyTemplate",
    says=gettext_noop("Keep a template for answers, returns or messages"),
    right="arrange",
    status=201,
)
def make(request: HttpRequest, typed: NewReplyBody) -> uuid.UUID:
    return services.make_reply_template(
        actor=actor_of(request), wanted=typed.wanted(), for_all=typed.for_all, now=timezone.now()
    )


@replies.does(
    "/{uuid:template_id}",
    name="changeReplyTemplate",
    says=gettext_noop("Keep other words for a template"),
    right="arrange",
    method="PUT",
)
def change(request: HttpRequest, template_id: uuid.UUID, typed: ChangedReplyBody) -> uuid.UUID:
    return services.change_reply_template(
        actor=actor_of(request),
        template_id=template_id,
        version=typed.version,
        wanted=typed.wanted(),
        now=timezone.now(),
    )


@replies.does(
    "/{uuid:template_id}",
    name="retireReplyTemplate",
    says=gettext_noop("Offer a template no longer"),
    right="arrange",
    method="DELETE",
)
def retire(request: HttpRequest, template_id: uuid.UUID) -> uuid.UUID:
    return services.retire_reply_template(actor=actor_of(request), template_id=template_id, now=timezone.now())


@replies.does(
    "/{uuid:template_id}/uses",
    name="useReplyTemplate",
    says=gettext_noop("Count that something about a matter began with a template"),
    right="handle",
)
def use(request: HttpRequest, template_id: uuid.UUID, typed: UsedBody) -> None:
    services.use_reply_template(
        actor=actor_of(request), template_id=template_id, case_id=typed.case_id, now=timezone.now()
    )
