"""The ways in which the house says no: one stable code and one human sentence each."""

from typing import ClassVar

from django.db import OperationalError
from django.utils.translation import gettext as _


class Problem(Exception):
    """A refusal that a person reads: what happened, what was kept, what to do."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code

    @property
    def told(self) -> str:
        """The message for who reads a page now; some are kept in English for the log and told in the reader's language."""
        return self.message


class Refused(Problem):
    """The matter's state does not allow it (409)."""

    status = 409


class Forbidden(Problem):
    """This actor may not do it (403)."""

    status = 403


class Absent(Problem):
    """There is no such thing, or this actor may not know of it (404)."""

    status = 404


class Invalid(Problem):
    """The words or values cannot be taken as they are (422)."""

    status = 422


class TooMany(Problem):
    """Too many tries in too short a time (429)."""

    status = 429


class TooLarge(Problem):
    """More was sent than is taken; it was not read (413)."""

    status = 413


class Unavailable(Problem):
    """Something beneath cannot serve just now: database busy, disk full (503)."""

    status = 503


def unchanged(sentence: str) -> str:
    """The sentence, and that nothing was changed: joined as the reader's language joins sentences."""
    return _("%(sentence)s Nothing was changed.") % {"sentence": sentence}


def as_problem(error: Exception) -> Problem | None:
    """What a person can be told about this error; None for a bug. A database that is busy or full says so itself."""
    if isinstance(error, Problem):
        return error
    if not isinstance(error, OperationalError):
        return None
    if "full" in str(error):
        sentence = _("The disk is full, so nothing was saved. What you typed is still on this page: try again later.")
        return Unavailable("disk-full", sentence)
    sentence = _("The database is busy just now, so nothing was saved. Please try again in a moment.")
    return Unavailable("database-busy", sentence)
