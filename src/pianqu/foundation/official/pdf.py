"""An official document as PDF, and its charts as pictures: laid out by Typst (Apache-2.0), faces embedded as far as used.

All words reach the layout as data, never as markup: nothing that somebody types can become an instruction.
"""

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import typst

from pianqu.foundation.official import layout
from pianqu.foundation.official.paper import Chart, OfficialDocument, Sheet, paragraphs

PIXELS_PER_INCH = 220.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of a table, as it is laid out."""

    told: str
    wide: float
    """In points, before it is made narrower."""
    room: float
    """What its cell has inside."""


def as_pdf(paper: OfficialDocument) -> bytes:
    """The document, the same bytes for the same words and day."""
    return _laid_out("document.typ", _told(paper))


def as_picture(chart: Chart) -> bytes:
    """A chart as PNG, for Word."""
    content = {"chart": _chart(chart), "faces": dict(layout.faces())}
    return _laid_out("chart.typ", content, format="png", ppi=PIXELS_PER_INCH)


def cells_of(paper: OfficialDocument) -> list[Cell]:
    """How wide each figure of the document's tables is, and how wide its cell."""
    found = typst.query(_source("document.typ"), "<cell>", field="value", sys_inputs=_inputs(_told(paper)))
    return [Cell(**one) for one in json.loads(found)]


def _laid_out(name: str, content: dict[str, Any], **how: Any) -> bytes:
    made, _warnings = typst.compile_with_warnings(_source(name), sys_inputs=_inputs(content), **how)
    return bytes(made if isinstance(made, bytes) else made[0])


def _source(name: str) -> bytes:
    folder = resources.files("pianqu.foundation.official")
    return folder.joinpath("chart_parts.typ").read_bytes() + folder.joinpath(name).read_bytes()


def _inputs(content: dict[str, Any]) -> dict[str, str]:
    return {"content": json.dumps(content)}


def _told(paper: OfficialDocument) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    for one in paragraphs(paper.text):
        if one.kind != "mark":
            blocks.append({"kind": one.kind, "text": one.text})
        elif one.text in paper.sheets:
            blocks.append(_sheet(paper.sheets[one.text]))
    return {
        "issuer": paper.issuer,
        "number": paper.number,
        "title": paper.title,
        "addressee": paper.addressee,
        "blocks": blocks,
        "day": paper.day_words,
        "at": [paper.day.year, paper.day.month, paper.day.day],
        "draft": paper.is_draft,
        "faces": dict(layout.faces()),
        "line": layout.LINE_PT,
        "tracking": layout.CHARACTER_PT - layout.SIZE_3,
    }


def _sheet(sheet: Sheet | Chart) -> dict[str, Any]:
    if isinstance(sheet, Chart):
        return {"kind": "chart", "chart": _chart(sheet)}
    return {"kind": "sheet", "caption": sheet.caption, "head": sheet.head, "rows": sheet.rows}


def _chart(chart: Chart) -> dict[str, Any]:
    return {"caption": chart.caption, "labels": chart.labels, "series": chart.series}
