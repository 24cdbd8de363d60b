"""Mentions: who is called in a text, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.mentions import called_in


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@window 请看一下", ("window",)),
        ("请@zhang.min看一下，也请＠li_4 看", ("zhang.min", "li_4")),
        ("Ask @at-330205001000.", ("at-330205001000",)),
        ("@Window @window @WINDOW", ("Window",)),
        ("写信到 zhang@example.org", ()),
        ("@3号楼 @ @。 @@", ()),
        ("(@chief) @boss, @law:", ("chief", "boss", "law")),
        ("@a@b", ()),
        ("", ()),
    ],
)
def test_who_is_called(text: str, called: tuple[str, ...]) -> None:
    assert called_in(text) == called


@given(st.text(st.sampled_from("@＠aZ0._- 汉，"), max_size=40))
def test_every_answer_stands_behind_an_at(text: str) -> None:
    found = called_in(text)
    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert name[0].isalpha() and name[-1] not in ".-_"
        assert f"@{name}" in text or f"＠{name}" in text
