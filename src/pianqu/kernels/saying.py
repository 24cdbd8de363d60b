"""Sentences that are said in another language elsewhere: English words with places for values.

Problem: a kernel knows best why something does not hold, but who reads it may not read English, and kernels know no catalogue.
Method: words and values stay apart until somebody reads them; the words before they are filled are the sentence's stable code, as
in gettext, so that a room can look them up. Source: GNU gettext, named format strings. Cost: O(length).
Guarantee: `str` is the whole English sentence; without values a percent sign stands for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words such as "line %(line)s: %(why)s", and what belongs in their places; a value may be a sentence itself."""

    words: str
    values: Mapping[str, "str | int | Sentence"] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.words % self.values if self.values else self.words


def say(words: str, **values: str | int | Sentence) -> Sentence:
    """The sentence with these values."""
    return Sentence(words, values)


def kept(sentence: Sentence) -> list[Any]:
    """As JSON keeps it: [words, values]."""
    own = {name: kept(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()}
    return [sentence.words, own]


class Said(ValueError):
    """An error that tells why with a sentence."""

    def __init__(self, words: str, **values: str | int | Sentence) -> None:
        self.sentence = say(words, **values)
        super().__init__(str(self.sentence))

    @classmethod
    def after(cls, other: "Said") -> Self:
        """The same sentence as another error's."""
        return cls(other.sentence.words, **other.sentence.values)
