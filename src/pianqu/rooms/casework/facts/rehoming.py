"""What casework promises when another grid comes into force."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class CaseRehomed(AboutCase):
    """Its community lies in another cluster now, and that cluster's centre has what the former one had. `moves`: role, old code,
    new code."""

    kind: ClassVar[str] = "casework.case-rehomed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter handed to the centre of another cluster")

    version_id: str
    moves: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class CasesRehomed(Fact):
    """Where open matters lie in a grid that is in force now, some at a time. They keep the cell of the day on which they came in.

    `homes`: case id, cell before and now, cluster before and now, and the centres between which it was handed over (or empty).
    `done` with the last of them.
    """

    kind: ClassVar[str] = "casework.cases-rehomed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Open matters located anew in a new grid")

    version_id: str
    homes: tuple[tuple[str, str, str, str, str, str, str], ...]
    done: bool = False
