"""JSON doors of what changed: for a program that keeps a list of its own, and asks every few seconds."""

import uuid

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Schema
from pydantic import Field

from pianqu.foundation.api import Doors, Short, actor_of
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries, schemas
from pianqu.rooms.casework.endpoints.cases import filters_of

news = Doors("desk")


class NewsAsked(schemas.Filtered):
    """A list, and what the program knows of it already."""

    after: Short = Field("", description="The mark that the last answer gave; empty for the newest of all.")


class Changed(Schema):
    """Matters that changed, by id; and the mark to ask with the next time."""

    mark: str
    here: list[uuid.UUID] = Field(description="They belong to the list now.")
    elsewhere: list[uuid.UUID] = Field(description="They do not, or not any more.")


@news.asks(
    "",
    name="listChangedCases",
    says=gettext_noop("Which matters of a list changed since a mark; ask it every few seconds"),
    gives=Changed,
)
def list_changed(request: HttpRequest, asked: Query[NewsAsked]) -> Changed:
    actor, mark, now_known = actor_of(request), queries.Mark.of(asked.after), queries.mark_now()
    if mark is None:
        raise Invalid(
            "mark-unknown", _("There is no such mark. Please use the one that the last answer gave, or none.")
        )
    found = queries.news_for(actor, queries.recorded_since(mark), filters_of(asked), timezone.now())
    return Changed(mark=str(now_known), here=sorted(found.here), elsewhere=sorted(found.elsewhere))
