"""Reading what another system wrote: each part is taken only if it is what it should be, and nothing raises."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pianqu.foundation.errors import Invalid
from pianqu.foundation.photos import MAX_PHOTOS, SafePhoto, sanitise
from pianqu.kernels import letter as kernel
from pianqu.kernels import words

Body = Mapping[str, Any]
LONGEST = 5_000
ROOM = kernel.LONGEST - 2 * 1024 * 1024
"""Characters of photos in one letter: a longer one would be refused for ever, and hold up all behind it."""


def text_of(body: Body, name: str = "words", longest: int = LONGEST) -> str:
    """A text, cleaned and cut; empty for anything else."""
    value = body.get(name)
    return words.clean(value)[:longest] if isinstance(value, str) else ""


def moment_of(body: Body, name: str) -> datetime | None:
    """A moment with its zone; None for anything else."""
    value = body.get(name)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None and 2000 <= moment.year < 2100 else None


def photos_of(encoded: object) -> tuple[SafePhoto, ...]:
    """The photos, made anew here; what is none is left out, for the words count."""
    found = []
    for text in encoded[:MAX_PHOTOS] if isinstance(encoded, list) else ():
        try:
            found.append(sanitise(b64decode(text, validate=True)))
        except (Invalid, binascii.Error, TypeError, ValueError):
            continue
    return tuple(found)


def encoded(photos: Iterable[bytes]) -> list[str]:
    """The photos for a letter, in their order, as many as one letter holds."""
    found: list[str] = []
    left = ROOM
    for content in photos:
        text = b64encode(content).decode()
        left -= len(text)
        if left < 0:
            break
        found.append(text)
    return found
