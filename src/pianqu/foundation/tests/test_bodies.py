"""What is too large is refused by what it says of itself, before a byte of it is read, and says the limit."""

from typing import Any

import pytest
from django.test import Client

from pianqu.foundation.middleware import LARGEST_BODY

pytestmark = pytest.mark.django_db
FORM = "multipart/form-data; boundary=x"


def sent(length: object, **headers: str) -> Any:
    """A body that is far shorter than it says: reading it would fail in another way."""
    return Client(headers={"accept-language": "en", **headers}).generic(
        "POST", "/report/", b"--x--", content_type=FORM, CONTENT_LENGTH=str(length)
    )


def test_two_gigabytes_are_refused_with_the_limit() -> None:
    refused = sent(2_000_000_000)
    assert refused.status_code == 413
    assert "larger than 96 MB" in refused.text and "nothing was changed" in refused.text


def test_a_program_hears_it_as_a_problem() -> None:
    refused = sent(LARGEST_BODY + 1, accept="application/json")
    assert (refused.status_code, refused.json()["code"]) == (413, "body-large")


@pytest.mark.parametrize("length", ["", "many", "-1", "5"])
def test_other_bodies_are_read_as_before(length: str) -> None:
    assert sent(length).status_code != 413
