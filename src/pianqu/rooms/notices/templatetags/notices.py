"""Words of a table in templates."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def word(table: Mapping[str, str], name: str) -> str:
    """What a name is called; the name itself where the table does not have it."""
    return table.get(name, name)
