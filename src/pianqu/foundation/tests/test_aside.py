"""A computation in a process of its own is heard, stopped, and ends with who asked."""

import time
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from pianqu.foundation.aside import Aside, Failed

HERE = "pianqu.foundation.tests.test_aside"


def counting(asked: Mapping[str, Any]) -> Generator[dict[str, Any], bool | None, None]:
    """Counts until it is stopped."""
    for number in range(int(asked["to"])):
        if (yield {"number": number}):
            yield {"stopped": True}
            return
        time.sleep(asked.get("pause", 0))


def falling(_asked: Mapping[str, Any]) -> Generator[dict[str, Any], bool | None, None]:
    """Ends as a process does that ran out of memory."""
    yield {"number": 0}
    raise SystemExit(9)


def test_every_message_is_heard_in_order() -> None:
    with Aside(f"{HERE}:counting", {"to": 300}) as child:
        heard = [message for message in child.messages() if message]
    assert [message["number"] for message in heard] == list(range(300))


def test_a_stop_is_heard_even_before_the_first_word() -> None:
    with Aside(f"{HERE}:counting", {"to": 10_000, "pause": 0.01}) as child:
        child.stop()
        heard = [message for message in child.messages() if message]
    assert heard[-1] == {"stopped": True}
    assert len(heard) < 1_000


def test_a_child_that_falls_is_noticed() -> None:
    with pytest.raises(Failed), Aside(f"{HERE}:falling", {}) as child:
        list(child.messages())


def test_whoever_leaves_ends_the_child() -> None:
    with Aside(f"{HERE}:counting", {"to": 1_000_000, "pause": 0.01}) as child:
        next(iter(child.messages()))
        process = child._child
    assert process.poll() is not None
