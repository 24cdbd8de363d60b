"""What other tests look for a number with: it finds what leaked, and nothing that was drawn."""

import pytest

from pianqu.foundation.tests.traces import traces

NUMBER = "13912345678"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing", []),
        ("tel-x-13912345678-of-somebody", [NUMBER]),
        ("电话13912345678请回电", [NUMBER, "1391", "5678"]),
        ('{"contact": "1391***"}', ["1391"]),
        ("请拨尾号5678。", ["5678"]),
        ("1391 2345 678", ["1391"]),
        ("01913912-5678-7391-8391-139156781391 2026-11-29T13:10:00.139156+08:00", []),
        ("iR7x13914qQ0-_5678zzA 7Qxx/1391+5678zz=", []),
        ("a1391", ["1391"]),
        ("CODE-5678-1391", []),
    ],
)
def test_traces(text: str, found: list[str]) -> None:
    assert traces(text, NUMBER, codes=["CODE-5678-1391"]) == found
