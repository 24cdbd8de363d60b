"""What the desk's templates need: the sentence that belongs to one form."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.simple_tag
def error_of(errors: Mapping[str, str], name: str) -> str:
    """Why the act of this name was refused; empty where it was not."""
    return errors.get(name, "")
