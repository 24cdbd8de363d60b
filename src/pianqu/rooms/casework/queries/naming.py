"""How codes of casework are called in the reader's language, for pages and for tables."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from pianqu.rooms.casework.queries.shipped import NONE

NATURES = ("enquiry", "help", "complaint", "urgent")
CHANNELS = ("portal", "phone", "window", "list", "department", "open311", "district", "import")


def nature_name(code: str) -> str:
    """What kind of matter it is."""
    names = {
        "enquiry": _("Enquiry"),
        "help": _("Request for help"),
        "complaint": _("Complaint, report or suggestion"),
        "urgent": _("Urgent"),
    }
    return names.get(code, code)


def platform_name(platform: str) -> str:
    """One of the four platforms of a street."""
    names = {
        "order": _("Public order"),
        "market": _("Market regulation"),
        "enforcement": _("Law enforcement"),
        "services": _("Services to people"),
        NONE: _("No platform"),
    }
    return names[platform]


def outcome_name(code: str) -> str:
    """What an inspection found, or what was said at a window."""
    names = {
        "in-order": _("Nothing wrong was found"),
        "put-right": _("Put right at once"),
        "ordered": _("Told to put it right"),
        "filed": _("A case is filed"),
        "answered": _("Answered at the window"),
        "service": _("Guided to a service"),
        "elsewhere": _("Shown who helps elsewhere"),
    }
    return names.get(code, code)


def channel_name(code: str) -> str:
    """By which way a matter came in."""
    names = {
        "portal": pgettext("channel", "Portal"),
        "phone": pgettext("channel", "Telephone"),
        "window": pgettext("channel", "Window"),
        "list": pgettext("channel", "From a list"),
        "department": pgettext("channel", "Department"),
        "open311": "Open311",
        "district": pgettext("channel", "Another district"),
        "import": pgettext("channel", "Taken over"),
    }
    return names.get(code, code)


def term_words(amount: int, unit: str) -> str:
    """A term in words."""
    forms = {
        "h": ngettext("%(n)d hour", "%(n)d hours", amount),
        "wd": ngettext("%(n)d working day", "%(n)d working days", amount),
        "cd": ngettext("%(n)d calendar day", "%(n)d calendar days", amount),
        "mo": ngettext("%(n)d month", "%(n)d months", amount),
    }
    return forms[unit] % {"n": amount}
