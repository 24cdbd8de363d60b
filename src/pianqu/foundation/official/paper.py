"""What an official document says, before it is laid out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

_FIRST = re.compile(r"[一二三四五六七八九十]+、")
_SECOND = re.compile(r"（[一二三四五六七八九十]+）")
_MARK = re.compile(r"【([^】]{1,8})】")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One line of the text: `first` and `second` are headings, `text` is all else, `mark` the name of a table or chart."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table: its first column names things, the others are figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars side by side, each with its number: so many series over the same labels."""

    caption: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialDocument:
    """`text` is plain: one line a paragraph, headings told by their numbers (一、 and （一）), 【表一】 where a table stands."""

    issuer: str
    number: str
    title: str
    addressee: str
    text: str
    sheets: Mapping[str, Sheet | Chart]
    day: date
    is_draft: bool = False

    @property
    def day_words(self) -> str:
        return f"{self.day.year}年{self.day.month}月{self.day.day}日"


def paragraphs(text: str) -> Iterator[Paragraph]:
    """The lines of a text by what they are; empty ones are left out."""
    for line in (line.strip() for line in text.splitlines()):
        if mark := _MARK.fullmatch(line):
            yield Paragraph(kind="mark", text=mark[1])
        elif line:
            kind = "first" if _FIRST.match(line) else "second" if _SECOND.match(line) else "text"
            yield Paragraph(kind=kind, text=line)
