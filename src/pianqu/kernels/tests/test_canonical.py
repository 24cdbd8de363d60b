"""Canonical JSON against the reference package, and what it refuses."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import canonical

text = st.text(st.characters(exclude_categories=("Cs",)))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.LIMIT, canonical.LIMIT) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_equal_to_the_reference(value: object) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_keys_are_sorted_by_utf_16_units() -> None:
    astral, private = "\U00010000", "\ue000"
    assert canonical.encode({private: 1, astral: 2}) == f'{{"{astral}":2,"{private}":1}}'.encode()


@pytest.mark.parametrize("bad", [1.5, float("nan"), b"raw", {1: 2}, {"a": {1.0}}, object()])
def test_foreign_types_are_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        canonical.encode(bad)


@pytest.mark.parametrize("bad", [2**53, -(2**53), "\ud800", {"\udfff": 1}])
def test_values_without_one_form_are_refused(bad: object) -> None:
    with pytest.raises(ValueError):
        canonical.encode(bad)


@given(st.dictionaries(text, values, max_size=6))
def test_a_shape_gives_the_same_text(value: dict[str, object]) -> None:
    assert canonical.Shape(value).text(value).encode() == canonical.encode(value)


@given(values)
def test_text_is_what_is_encoded(value: object) -> None:
    assert canonical.text(value).encode() == canonical.encode(value)


@pytest.mark.parametrize("bad", [1.5, b"raw", {1: 2}, 2**53, object()])
def test_a_shape_refuses_what_encoding_refuses(bad: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical.Shape(["a"]).text({"a": bad})


def test_a_shape_needs_all_its_keys_and_sorts_them_by_utf_16_units() -> None:
    with pytest.raises(KeyError):
        canonical.Shape(["a", "b"]).text({"a": 1})
    assert canonical.Shape(["\ue000", "\U00010000"]).text({"\ue000": 1, "\U00010000": 2}).startswith('{"\U00010000"')
