"""What happened to templates for answers, returns and messages: ids and commitments, never their words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutReplyTemplate(Fact, shared=True):
    """What every such fact tells: which template, and whether it is the district's, for all."""

    template_id: str
    for_all: bool


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateMade(AboutReplyTemplate):
    """A template was written."""

    kind: ClassVar[str] = "casework.reply-template-made"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reply template written")

    use: str
    category: str
    words_commitment: str
    english_commitment: str


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateChanged(AboutReplyTemplate):
    """Its words, its name or what it is for changed."""

    kind: ClassVar[str] = "casework.reply-template-changed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reply template changed")

    use: str
    category: str
    version: int
    words_commitment: str
    english_commitment: str


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateRetired(AboutReplyTemplate):
    """It is offered no longer."""

    kind: ClassVar[str] = "casework.reply-template-retired"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reply template retired")


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateUsed(AboutReplyTemplate):
    """Something was written that began with it."""

    kind: ClassVar[str] = "casework.reply-template-used"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reply template used")

    case_id: str
