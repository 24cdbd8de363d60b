"""Whether something of a telephone number stands in a text, and not only in what stands there by chance."""

import re
from collections.abc import Iterable

BY_CHANCE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id
    r"|\d{4}-\d\d-\d\dT[\d:.]+"  # a moment
    r"|(?=[0-9+/=_-]*[A-Za-z])[A-Za-z0-9+/=_-]{16,}",  # salts, digests, signatures, pictures: letters among digits
    re.ASCII,
)


def traces(text: str, number: str, *, codes: Iterable[str] = ()) -> list[str]:
    """The number wherever it stands; its first and last four digits where they are not part of an id, a digest or one of the
    `codes`, which were drawn."""
    found = [number] if number in text else []
    for code in codes:
        text = text.replace(code, " ")
    rest = BY_CHANCE.sub(" ", text)
    return found + [end for end in (number[:4], number[-4:]) if end in rest]
