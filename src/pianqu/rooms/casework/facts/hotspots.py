"""What casework promises of how people are counted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class VoiceSaltRenewed(Fact):
    """The salt by which a person counts once was destroyed and another one drawn; so many older marks were wiped."""

    kind: ClassVar[str] = "casework.voice-salt-renewed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Salt for counting people renewed")

    day: str
    wiped: int
