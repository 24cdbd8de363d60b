"""Markup put together in Python escapes what Django's own does."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from pianqu.foundation.markup import put, put_each

values = st.one_of(st.text(), st.integers(), st.text().map(mark_safe), st.none())


@given(values, values)
def test_it_is_what_djangos_own_gives(one: object, other: object) -> None:
    pattern = '<a href="{}">{}</a>'
    assert put(pattern, one, other) == format_html(pattern, one, other)


@given(st.lists(st.tuples(values, values)))
def test_each_row_is_what_djangos_own_gives(rows: list[tuple[object, object]]) -> None:
    assert put_each(", ", "<b>{}</b>{}", rows) == format_html_join(", ", "<b>{}</b>{}", rows)


def test_lazy_words_are_escaped_too() -> None:
    assert put("{}", gettext_lazy("<b>")) == "&lt;b&gt;"
