"""Words of a table, and what became of a message, in templates."""

import re
from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def word(table: Mapping[str, str], name: str) -> str:
    """What a name is called; the name itself where the table does not have it."""
    return table.get(name, name)


@register.filter
def said(outcome: str) -> str:
    """What became of a try, for people; kept words that are not known here stand as they are."""
    if answered := re.fullmatch(r"answer (\d+)", outcome):
        return _answered(int(answered[1]))
    known = {
        "not reached": _("It was not reached."),
        "no answer": _("It did not answer in time; whether it was told is not known."),
        "address not found or not allowed": _("Its address is not found, or lies where nothing may be sent."),
        "interrupted": _("It was broken off."),
        "no longer wanted": _("It was no longer wanted."),
        "receiver refused": _("The receiver was refused."),
        "outbox": _("It lies in the outbox folder."),
        "dropped": _("It is told nothing any more."),
    }
    return known.get(outcome.partition(":")[0], outcome)


def _answered(status: int) -> str:
    sentence = _("It answered with an error (%(status)s).")
    if 300 <= status < 400:
        sentence = _(
            "It sends on to another address (%(status)s): that is not followed. Please enter the address itself."
        )
    if status == 410:
        sentence = _("It wants this message no more (%(status)s).")
    return sentence % {"status": status}
