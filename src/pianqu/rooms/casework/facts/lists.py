"""What lists of matters promise to have happened. Each matter that came of one has its usual facts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutList(Fact, shared=True):
    """What happened to a list of matters."""

    list_id: str


@dataclass(frozen=True, kw_only=True)
class ListSent(AboutList):
    """A post sent a list to see what is in it; nothing was taken in by that. The file itself is not kept."""

    kind: ClassVar[str] = "casework.list-sent"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "List of matters sent")

    rows: int
    file_commitment: str


@dataclass(frozen=True, kw_only=True)
class ListTakenIn(AboutList):
    """Its right rows became matters; `before` had been taken in earlier, `wrong` were left out."""

    kind: ClassVar[str] = "casework.list-taken-in"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "List of matters taken in")

    taken: int
    before: int
    wrong: int


@dataclass(frozen=True, kw_only=True)
class ListForgotten(AboutList):
    """The rows that were still kept of it were destroyed."""

    kind: ClassVar[str] = "casework.list-forgotten"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Rows of a list destroyed")
