"""Fields at rest: sealed to their place, refused anywhere else."""

from base64 import b64decode

import pytest
from django.utils.translation import override

from pianqu.foundation.crypto import decrypt, encrypt
from pianqu.foundation.errors import Unavailable

HERE = {"table": "casework_contact", "column": "sealed", "row": "7"}


def test_what_goes_in_comes_out() -> None:
    sealed = encrypt("13900000000 𠮷", **HERE)
    box = b64decode(sealed.partition(":")[2], validate=True)
    assert "13900000000" not in sealed and "13900000000 𠮷".encode() not in box and b"0000000" not in box
    assert decrypt(sealed, **HERE) == "13900000000 𠮷"


def test_the_same_words_look_different_each_time() -> None:
    assert encrypt("same", **HERE) != encrypt("same", **HERE)


@pytest.mark.parametrize("moved", [{"table": "other"}, {"column": "other"}, {"row": "8"}])
def test_a_value_moved_elsewhere_does_not_open(moved: dict[str, str]) -> None:
    sealed = encrypt("private", **HERE)
    with override("en"), pytest.raises(Unavailable, match="altered"):
        decrypt(sealed, **{**HERE, **moved})


def test_an_unknown_key_name_is_said_clearly() -> None:
    with pytest.raises(Unavailable, match="k9"):
        decrypt("k9:AAAA", **HERE)
