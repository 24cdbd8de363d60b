"""The lines of the form of the district's own terms: as they are shown, as they were typed, and what is wrong with which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from django.http import QueryDict
from django.utils.translation import gettext as _

from pianqu.rooms.casework import forms, queries
from pianqu.rooms.casework.queries import LocalTerm

EMPTY_LINES = 3
UNITS = ("wd", "cd", "h", "mo")
ROLLING = ("cd", "mo")
"""Units whose last day of rest moves to the next working day (民法典 第二百零三条)."""
COLUMNS = ("nature", "category", "amount", "unit")
Wrong = Mapping[tuple[int, str], str]
"""A line, counted from 0, and its field → why it cannot be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the form, as it is shown or was typed."""

    number: int
    """Counted from 0, over both parts of the form."""
    nature: str = ""
    category: str = ""
    amount: str = ""
    unit: str = "wd"
    usual: str = ""
    """What holds where the line stays empty."""
    wrong: str = ""
    """Which of COLUMNS cannot be taken."""
    sentence: str = ""
    """Why."""


def unit_name(unit: str) -> str:
    """What a term is counted in."""
    return {"h": _("hours"), "wd": _("working days"), "cd": _("calendar days"), "mo": _("months")}[unit]


def lines_of(terms: Sequence[LocalTerm]) -> list[Line]:
    """The lines for a set of terms: each nature once, then those of categories, then some empty ones."""
    own = {(one.nature, one.category): one for one in terms}
    usual = [_usual(number, nature, own.get((nature, ""))) for number, nature in enumerate(queries.pack_rules())]
    special = [one for one in terms if one.category]
    return [
        *usual,
        *(
            Line(number=number, nature=one.nature, category=one.category, amount=str(one.amount), unit=one.unit)
            for number, one in enumerate(special, len(usual))
        ),
        *(Line(number=len(usual) + len(special) + more) for more in range(EMPTY_LINES)),
    ]


def _usual(number: int, nature: str, one: LocalTerm | None) -> Line:
    term = queries.pack_rules()[nature].term
    return Line(
        number=number,
        nature=nature,
        amount=str(one.amount) if one else "",
        unit=one.unit if one else str(term.unit),
        usual=queries.term_words(term.amount, str(term.unit)),
    )


def typed(given: QueryDict) -> list[Line]:
    """The lines as they were sent. Full-width digits are digits."""
    packs = queries.pack_rules()
    lines = []
    for number, (nature, category, amount, unit) in enumerate(zip(*map(given.getlist, COLUMNS), strict=False)):
        term = packs[nature].term if number < len(packs) and nature in packs else None
        lines.append(
            Line(
                number=number,
                nature=nature[:16],
                category=category[:40],
                amount=normalize("NFKC", amount).strip()[:8],
                unit=forms.one_of(unit, list(UNITS)) or "wd",
                usual=queries.term_words(term.amount, str(term.unit)) if term else "",
            )
        )
    return lines


def parsed(lines: Sequence[Line]) -> tuple[list[LocalTerm], list[int], dict[tuple[int, str], str]]:
    """The terms, the line of each, and what cannot be read. An empty amount is no term."""
    terms: list[LocalTerm] = []
    places: list[int] = []
    wrong: dict[tuple[int, str], str] = {}
    for line in lines:
        part, sentence = _unread(line)
        if sentence:
            wrong[line.number, part] = sentence
        elif line.amount:
            places.append(line.number)
            terms.append(
                LocalTerm(
                    nature=line.nature,
                    category=line.category,
                    amount=int(line.amount),
                    unit=line.unit,
                    rolls=line.unit in ROLLING,
                )
            )
    return terms, places, wrong


def _unread(line: Line) -> tuple[str, str]:
    """Which field of a line cannot be read, and why; two empty words where all can."""
    if not line.amount:
        is_half = bool(line.category and not line.usual)
        return ("amount", _("Please write how long, or empty this line.")) if is_half else ("", "")
    if not (line.amount.isascii() and line.amount.isdecimal()):
        sentence = _("“%(typed)s” is no term: please write a whole number.")
        return "amount", sentence % {"typed": line.amount}
    if not line.usual and not line.nature:
        return "nature", _("Please choose what kind of matter this is.")
    if not line.usual and not line.category:
        return "category", _("Please choose the category that this term is for.")
    return "", ""


def marked(lines: Sequence[Line], wrong: Wrong) -> list[Line]:
    """The lines, each with what is wrong with it."""
    said = {number: (part, sentence) for (number, part), sentence in wrong.items()}
    none = ("", "")
    return [
        replace(line, wrong=said.get(line.number, none)[0], sentence=said.get(line.number, none)[1]) for line in lines
    ]


def listed(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """For the summary on top: the id of each wrong field, and the sentence with the name of its line."""
    first = sum(bool(line.usual) for line in lines)
    return [
        (f"{line.wrong}-{line.number}", _("%(line)s: %(sentence)s") % {"line": _called(line, first), "sentence": said})
        for line in lines
        if (said := line.sentence)
    ]


def _called(line: Line, first: int) -> str:
    return queries.nature_name(line.nature) if line.usual else _("Line %(n)s") % {"n": line.number - first + 1}
