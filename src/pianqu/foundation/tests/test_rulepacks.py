"""The shipped packs: every check they name holds, every year agrees with an independent library, bad tables are refused."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from django.utils import translation

from pianqu.foundation import rulepacks
from pianqu.foundation.rulepacks import Rule, RuleOff
from pianqu.kernels.deadline import due_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHECKS = [(rule, check) for rule in rulepacks.terms().values() for check in rule.checks]


@pytest.mark.parametrize(("rule", "check"), CHECKS, ids=lambda value: getattr(value, "id", None))
def test_every_date_that_a_rule_names(rule: Rule, check: dict[str, Any]) -> None:
    terms = [rule.term, rule.extend.term] if check.get("extended") and rule.extend else [rule.term]
    start = datetime.combine(check["start"], time(9), SHANGHAI)
    found = due_at(start, terms, rulepacks.calendar(), zone=SHANGHAI)
    assert found is not None
    assert (found.last_day, found.provisional) == (check["due"], check.get("provisional", False))


def test_announced_years_agree_with_an_independent_library() -> None:
    calendar = rulepacks.calendar()
    years = [year for year, table in rulepacks.shipped_years().items() if not table.provisional]
    assert years[-1] == 2026 and len(years) >= 7
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            assert calendar.is_working(day) is chinese_calendar.is_workday(day), day
            day += timedelta(days=1)


def test_provisional_years_have_thirteen_statutory_days() -> None:
    for table in rulepacks.shipped_years().values():
        if table.provisional:
            overlap = table.year in (2028, 2031)  # Mid-Autumn falls among the first three days of October
            assert len(table.off) == (12 if overlap else 13), table.year


def test_what_nobody_compared_is_off() -> None:
    assert rulepacks.term_rule("licence.decision").term.amount == 20
    for rule in rulepacks.terms().values():
        assert rule.verified or rule.sure != "A" or rule.basis
        if not rule.verified:
            with pytest.raises(RuleOff):
                rulepacks.term_rule(rule.id)
    with pytest.raises(RuleOff):
        rulepacks.term_rule("no.such")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"off": ["2027-01-01", "2027-01-01"], "worked": []}, "2027-01-01 stands twice"),
        ({"off": ["2027-01-01..2027-01-03", "2027-01-02"], "worked": []}, "2027-01-02 stands twice"),
        ({"off": ["2026-12-31"], "worked": []}, "2026-12-31 is not in 2027"),
        ({"off": ["2027-01-02"], "worked": ["2027-01-02"]}, "both"),
        ({"off": [], "worked": ["2027-01-04"]}, "is a weekday"),
        ({"off": ["2027-02-30"], "worked": []}, "“2027-02-30” is no day"),
        ({"off": ["2027-01-04..2027-01-02"], "worked": []}, "ends before it begins"),
    ],
)
def test_a_wrong_table_says_which_day(row: dict[str, list[str]], sentence: str) -> None:
    with translation.override("en"), pytest.raises(ValueError, match=sentence):
        rulepacks.year_table({"year": 2027, **row})
