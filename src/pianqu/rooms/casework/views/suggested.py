"""What is suggested for a matter's words, in words and with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from pianqu.kernels.triage import Guess
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import Suggestion
from pianqu.rooms.casework.views import shown

FEWEST = 2
"""Characters from which on something is suggested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One suggestion as a page shows it. `anchor` is the id of the form's field that it would choose."""

    code: str
    name: str
    percent: int | None
    phrases: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A suggestion in words."""

    version: int
    lines: tuple[Line, ...]
    sure: str
    sure_anchor: str
    platform: str
    organisations: tuple[Line, ...]
    dangers: tuple[str, ...]


def suggested(
    words: str, *, place_code: str = "", organisations: shown.Organisations | None = None
) -> Suggested | None:
    """What the words look like; None for words that say nothing yet."""
    if len(words.strip()) < FEWEST:
        return None
    found = queries.suggestion(words, place_code)
    return None if found.is_empty else _in_words(found, organisations)


def _in_words(found: Suggestion, organisations: shown.Organisations | None) -> Suggested:
    names, anchors = _names(found), _anchors()
    return Suggested(
        version=found.version,
        lines=tuple(
            _line(g, names[g.label].name, found, anchors.get(g.label, ""))
            for g in found.categories
            if _says_something(g, found)
        ),
        sure=found.sure,
        sure_anchor=anchors.get(found.sure, ""),
        platform=queries.platform_name(found.platform) if found.platform else "",
        organisations=tuple(
            _line(g, organisations.short(g.label), found) for g in found.organisations if _says_something(g, found)
        )
        if organisations
        else (),
        dangers=found.dangers,
    )


def _says_something(guess: Guess, found: Suggestion) -> bool:
    """What would be shown as 0 % helps nobody."""
    return not found.version or round(100 * guess.probability) > 0


def _names(found: Suggestion) -> Mapping[str, shown.Choice]:
    """Names of the suggested categories; the database is asked only for those that were not shipped."""
    shipped = {choice.code: choice for choice in shown.category_choices(queries.shipped_categories())}
    return shipped if all(guess.label in shipped for guess in found.categories) else shown.category_names()


def _anchors() -> Mapping[str, str]:
    """The ids of the fields of a form's categories, in which the shipped ones stand in their order."""
    return {card.code: f"category-{number}" for number, card in enumerate(queries.shipped_categories())}


def _line(guess: Guess, name: str, found: Suggestion, anchor: str = "") -> Line:
    """The shipped list tells no probability: nobody measured it."""
    percent = min(99, round(100 * guess.probability)) if found.version else None
    return Line(code=guess.label, name=name, percent=percent, phrases=guess.phrases, anchor=anchor)
