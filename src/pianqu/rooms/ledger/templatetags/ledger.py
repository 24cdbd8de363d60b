"""What keeps a witness, in words."""

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register = template.Library()
TROUBLES: dict[str, "StrOrPromise"] = {
    "unreachable": pgettext_lazy("witness", "cannot be reached"),
    "silent": pgettext_lazy("witness", "did not answer in time"),
    "stopped": pgettext_lazy("witness", "says that it cannot sign just now"),
    "unclear": pgettext_lazy("witness", "gives no usable answer"),
    "unknown": pgettext_lazy("witness", "does not know this ledger yet"),
    "refused": pgettext_lazy("witness", "refuses: the key it knows is another one"),
    "forked": pgettext_lazy("witness", "has seen another history"),
    "ahead": pgettext_lazy("witness", "says that it signed more than is here"),
    "unsigned": pgettext_lazy("witness", "answered without its signature"),
    "clock": pgettext_lazy("witness", "signs, but its clock is wrong"),
}


@register.simple_tag
def witness_trouble(trouble: str) -> "StrOrPromise":
    """A word of Witness.TROUBLES as a reader understands it."""
    return TROUBLES[trouble]
