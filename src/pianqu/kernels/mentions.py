"""Who is called in a text by an @ before a sign-in name.

Problem: "@zhang.min please look" calls somebody, "zhang@example.org" and "@3号楼" call nobody; 汉字 stand right before and after
a name without a space.
Method: an @ (or the full-width ＠) that does not follow a letter, digit or sign of an address, then a Latin letter and the
signs of a sign-in name; a full stop or hyphen at the end belongs to the sentence. Source: the mentions of chat and forge
software, as Mattermost and Forgejo read them.
Cost: O(length). Guarantee: every answer begins with a letter and stands in the text after an @; two answers differ in more
than capitals.
"""

import re

_CALL = re.compile(r"(?<![A-Za-z0-9._%+@＠-])[@＠]([A-Za-z][A-Za-z0-9._-]{0,39})(?![A-Za-z0-9@])")


def called_in(text: str) -> tuple[str, ...]:
    """The sign-in names, each once, without regard to capitals, in the order in which they first stand."""
    found: dict[str, str] = {}
    for call in _CALL.finditer(text):
        name = call[1].rstrip(".-_")
        found.setdefault(name.casefold(), name)
    return tuple(found.values())
