"""What keeps a witness or the ledger itself, in words."""

from typing import TYPE_CHECKING

from django import template

from pianqu.kernels.saying import Sentence
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.queries import sentences

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register = template.Library()


@register.simple_tag
def witness_trouble(trouble: str) -> "StrOrPromise":
    """A word of Witness.TROUBLES as a reader understands it."""
    return sentences.TROUBLES[trouble]


@register.simple_tag
def party(name: str) -> str:
    """A witness, a group or a mirror by its name in the reader's language, or by the only one that it has."""
    return queries.party(name)


@register.filter
def called(name: str) -> str:
    """The same without markup."""
    return queries.called(name)


@register.filter
def detail_of(detail: str, trouble: str) -> str:
    """What is known of a trouble besides its name; "" where there are only the other machine's own words."""
    return sentences.detail_of(trouble, detail)


@register.filter
def is_answer(detail: str) -> bool:
    """Whether it is what the other machine said."""
    return sentences.is_answer(detail)


@register.filter
def told(sentence: Sentence) -> str:
    """A sentence of a kernel or the monitor in the reader's language."""
    return sentences.told(sentence)
