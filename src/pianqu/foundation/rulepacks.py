"""Rule packs 规则包: legal and local figures as data, read once, each with its article and how sure we are of it.

A rule that is not verified is off: asking for it by name raises, and lists leave it out. Terms are computed by
kernels.deadline; here stands only what the text says.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from pianqu.kernels.deadline import Calendar, Term, Unit, YearTable

LEVELS = ("statute", "regulation", "ministry", "province", "city", "practice", "ours")
LIBRARY = "pianqu.foundation.packs"


class RuleOff(LookupError):
    """There is no such rule, or nobody has compared it with the official text yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """By how much a term may be extended, and by whose approval."""

    term: Term
    approver: str
    reason_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One figure with where it comes from. `quote_zh` is a short quotation; `basis` says how it was chosen."""

    id: str
    title_zh: str
    title_en: str
    term: Term
    applies_to: tuple[str, ...]
    excluded: tuple[str, ...]
    extend: Extension | None
    instrument: str
    instrument_date: date | None
    article: str
    level: str
    sure: str
    checked_on: date
    quote_zh: str
    basis: str
    address: str
    verified: bool
    checks: tuple[Mapping[str, Any], ...]


@lru_cache(maxsize=1)
def terms() -> Mapping[str, Rule]:
    """Every rule of the shipped terms by id, those that are off included. Raises ValueError for a broken pack."""
    table = tomllib.loads(_text("terms-cn.toml"))
    rules = [_rule(row) for row in table["rule"]]
    if len({rule.id for rule in rules}) < len(rules):
        raise ValueError("a rule stands twice in the pack")
    return MappingProxyType({rule.id: rule for rule in rules})


def term_rule(rule_id: str) -> Rule:
    """A rule by its id. Raises RuleOff where it is unknown or not verified."""
    rule = terms().get(rule_id)
    if rule is None or not rule.verified:
        raise RuleOff(rule_id)
    return rule


def _rule(row: Mapping[str, Any]) -> Rule:
    if row["level"] not in LEVELS or row["sure"] not in "ABC":
        raise ValueError(f"{row['id']}: level or sureness is not known")
    if row["sure"] == "C" and row.get("verified"):
        raise ValueError(f"{row['id']}: what is only remembered cannot be verified")
    extend = row.get("extend")
    return Rule(
        id=row["id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        term=_term(row, rolls=row.get("rolls", False)),
        applies_to=tuple(row["applies_to"]),
        excluded=tuple(row.get("excluded", ())),
        extend=_extension(extend, rolls=row.get("rolls", False)) if extend else None,
        instrument=row["instrument"],
        instrument_date=row.get("instrument_date"),
        article=row["article"],
        level=row["level"],
        sure=row["sure"],
        checked_on=row["checked_on"],
        quote_zh=row.get("quote_zh", ""),
        basis=row.get("basis", ""),
        address=row.get("address", ""),
        verified=row["verified"],
        checks=tuple(row.get("checks", ())),
    )


def _term(row: Mapping[str, Any], *, rolls: bool) -> Term:
    return Term(row["value"], Unit(row["unit"]), rolls)


def _extension(row: Mapping[str, Any], *, rolls: bool) -> Extension:
    return Extension(term=_term(row, rolls=rolls), approver=row["approver"], reason_told=row["reason_told"])


@lru_cache(maxsize=1)
def shipped_years() -> Mapping[int, YearTable]:
    """The shipped holiday tables by year; those without their notice are provisional."""
    rows = tomllib.loads(_text("holidays-cn.toml"))["year"]
    return MappingProxyType({row["year"]: year_table(row) for row in rows})


def calendar(announced: Mapping[int, YearTable] = MappingProxyType({})) -> Calendar:
    """The shipped years with those that this installation has imported in their place."""
    return Calendar({**shipped_years(), **announced})


def year_table(row: Mapping[str, Any]) -> YearTable:
    """One year from its rows of days ("2026-10-01" or "2026-10-01..2026-10-07").

    Raises ValueError, in the reader's language, for a day of another year, a day that stands twice, or one that is both off and
    worked.
    """
    off, worked = _days(row["off"], row["year"]), _days(row["worked"], row["year"])
    if both := off & worked:
        raise ValueError(_("%(day)s is both a day off and a worked day") % {"day": min(both)})
    if wrong := [day for day in worked if day.weekday() < 5]:
        raise ValueError(_("%(day)s is a weekday: only a weekend can be a worked day") % {"day": min(wrong)})
    return YearTable(year=row["year"], off=off, worked=worked, provisional=row.get("provisional", False))


def _days(spans: list[str], year: int) -> frozenset[date]:
    seen: set[date] = set()
    for day in (day for span in spans for day in _span(span)):
        if day.year != year:
            raise ValueError(_("%(day)s is not in %(year)s") % {"day": day, "year": year})
        if day in seen:
            raise ValueError(_("%(day)s stands twice") % {"day": day})
        seen.add(day)
    return frozenset(seen)


def _span(text: str) -> Iterator[date]:
    first, dots, last = text.partition("..")
    day, end = _day(first), _day(last if dots else first)
    if end < day:
        raise ValueError(_("%(span)s ends before it begins") % {"span": text[:40]})
    while day <= end:
        yield day
        day += timedelta(days=1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(_("“%(text)s” is no day; days are written like 2027-01-31") % {"text": text[:40]}) from error


def _text(name: str) -> str:
    return resources.files(LIBRARY).joinpath(name).read_text(encoding="utf-8")
