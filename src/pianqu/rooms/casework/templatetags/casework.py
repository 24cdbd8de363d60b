"""What the desk's templates need: the sentence and the reply templates that belong to one form."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from pianqu.foundation.markup import put
from pianqu.kernels import blanks

register = template.Library()


@register.simple_tag
def error_of(errors: Mapping[str, str], name: str) -> str:
    """Why the act of this name was refused; empty where it was not."""
    return errors.get(name, "")


@register.simple_tag
def replies_for(replies: Mapping[str, Sequence[Any]] | str, name: str) -> Sequence[Any]:
    """The templates that the act of this name offers; none where the page offers none at all."""
    return () if isinstance(replies, str) else replies.get(name, ())


@register.filter
def with_blanks(words: str) -> SafeString:
    """A template's words with its blanks made visible."""
    parts, last = list[SafeString](), 0
    for blank in blanks.spans(words):
        parts += [put("{}", words[last : blank[0]]), put("<mark>{}</mark>", words[blank[0] : blank[1]])]
        last = blank[1]
    return mark_safe("".join([*parts, put("{}", words[last:])]))


@register.filter
def of_key(table: Mapping[Any, Any], key: Any) -> Any:
    """What a table has for a key; nothing for one that it has not."""
    return table.get(key)
