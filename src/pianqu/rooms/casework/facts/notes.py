"""What happened to notes among colleagues: ids of posts and entries, never words or names."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class ColleaguesMentioned(AboutCase):
    """A note among colleagues called posts to a matter."""

    kind: ClassVar[str] = "casework.colleagues-mentioned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Colleagues mentioned")

    post_ids: tuple[str, ...]
    called_organisations: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NoteRetracted(AboutCase):
    """Who wrote a note took it back: its words are gone."""

    kind: ClassVar[str] = "casework.note-retracted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Note taken back")

    note_id: str


@dataclass(frozen=True, kw_only=True)
class NoteStruck(AboutCase):
    """A note holds no longer; its words stay, struck."""

    kind: ClassVar[str] = "casework.note-struck"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Note struck")

    note_id: str


@dataclass(frozen=True, kw_only=True)
class MentionsSettled(Fact):
    """A post is done with notes that mention it."""

    kind: ClassVar[str] = "casework.mentions-settled"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Mentions settled")

    mentions: int
