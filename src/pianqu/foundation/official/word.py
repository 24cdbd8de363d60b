"""An official document as Word: python-docx, with the page, the grid of lines and the faces of the standard."""

from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from pianqu.foundation.official import layout
from pianqu.foundation.official.layout import NAMES, SIZE_2, SIZE_3, SIZE_4, SIZE_TABLE
from pianqu.foundation.official.paper import Chart, OfficialDocument, Sheet, paragraphs
from pianqu.foundation.official.pdf import as_picture

CENTRE, RIGHT, LEFT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT
MARK = 40.0
"""Size of the issuer's name on top, where it fits the line."""


def as_word(paper: OfficialDocument) -> bytes:
    """The document; it says nothing of who made it on which machine."""
    book = Document()
    _page(book)
    _head(book, paper)
    for one in paragraphs(paper.text):
        if one.kind != "mark":
            _say(book, one.text, face=one.kind, indent=2)
        elif one.text in paper.sheets:
            _show(book, paper.sheets[one.text])
    _say(book, "", indent=0)
    sign = _say(book, paper.issuer, indent=0, align=RIGHT)
    sign.paragraph_format.right_indent = Pt(4 * SIZE_3)
    signed = _say(book, paper.day_words, indent=0, align=RIGHT)
    signed.paragraph_format.right_indent = Pt(4 * SIZE_3)
    about = book.core_properties
    about.author, about.title, about.comments, about.last_modified_by = paper.issuer, paper.title, "", paper.issuer
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _page(book: Any) -> None:
    section = book.sections[0]
    section.page_width, section.page_height = Mm(layout.PAGE_WIDTH_MM), Mm(layout.PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(layout.TOP_MM), Mm(layout.BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(layout.BINDING_MM), Mm(layout.OUTER_MM)
    section.footer_distance = Mm(layout.BOTTOM_MM - 7 - SIZE_4 / layout.POINTS_PER_MM)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(round(layout.LINE_PT * 20)))
    grid.set(qn("w:charSpace"), str(round((layout.CHARACTER_PT - SIZE_3) * 4096)))
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    section._sectPr.append(grid)
    settings = book.settings.element
    settings.append(OxmlElement("w:mirrorMargins"))
    book.settings.odd_and_even_pages_header_footer = True
    _number(section.footer.paragraphs[0], RIGHT)
    _number(section.even_page_footer.paragraphs[0], LEFT)
    base = book.styles["Normal"]
    base.font.size, base.font.name = Pt(SIZE_3), NAMES["text"]
    base.element.rPr.rFonts.set(qn("w:eastAsia"), NAMES["text"])


def _number(line: Any, side: Any) -> None:
    """— 1 — on the outer side, one character away from the edge."""
    line.alignment = side
    line.paragraph_format.right_indent = line.paragraph_format.left_indent = Pt(SIZE_4)
    _run(line, "— ", "number", SIZE_4)
    field = _run(line, "", "number", SIZE_4)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = text or None
        field._r.append(part)
    _run(line, " —", "number", SIZE_4)


def _head(book: Any, paper: OfficialDocument) -> None:
    wide = layout.TYPE_WIDTH_MM * layout.POINTS_PER_MM
    size = min(MARK, wide / max(1, len(paper.issuer)))
    mark = _say(book, "", indent=0, align=CENTRE, exact=False)
    _run(mark, paper.issuer, "title", round(size * 2) / 2, colour=layout.RED)
    if paper.number:
        _say(book, paper.number, indent=0, align=CENTRE)
    _rule(_say(book, "草稿" if paper.is_draft else "", indent=0, align=RIGHT))
    _say(book, "", indent=0)
    title = _say(book, "", indent=0, align=CENTRE, exact=False)
    _run(title, paper.title, "title", SIZE_2)
    _say(book, "", indent=0)
    if paper.addressee:
        _say(book, paper.addressee, indent=0)


def _rule(line: Any) -> None:
    """The red line beneath the head."""
    border = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "1"), ("color", layout.RED)):
        bottom.set(qn(f"w:{name}"), value)
    border.append(bottom)
    line._p.get_or_add_pPr().append(border)


def _say(book: Any, text: str, *, face: str = "text", indent: int, align: Any = None, exact: bool = True) -> Any:
    line = book.add_paragraph()
    form = line.paragraph_format
    form.space_before = form.space_after = Pt(0)
    if exact:
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(round(layout.LINE_PT, 1))
    form.first_line_indent = Pt(indent * SIZE_3)
    form.keep_with_next = face in ("first", "second")
    if align is not None:
        line.alignment = align
    if text:
        _run(line, text, face, SIZE_3)
    return line


def _run(line: Any, text: str, face: str, size: float, *, colour: str = "") -> Any:
    run = line.add_run(text)
    run.font.size, run.font.name = Pt(size), NAMES[face]
    run._r.get_or_add_rPr().rFonts.set(qn("w:eastAsia"), NAMES[face])
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
    return run


def _show(book: Any, sheet: Sheet | Chart) -> None:
    if isinstance(sheet, Chart):
        line = _say(book, "", indent=0, align=CENTRE, exact=False)
        line.add_run().add_picture(BytesIO(as_picture(sheet)), width=Mm(layout.TYPE_WIDTH_MM))
        return
    caption = _say(book, "", indent=0, align=CENTRE)
    caption.paragraph_format.keep_with_next = True
    _run(caption, sheet.caption, "first", SIZE_4)
    table = book.add_table(rows=0, cols=len(sheet.head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _row(table, sheet.head, "first")
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for row in sheet.rows:
        _row(table, row, "text")


def _row(table: Any, cells: tuple[str, ...], face: str) -> None:
    for number, (cell, text) in enumerate(zip(table.add_row().cells, cells, strict=True)):
        line = cell.paragraphs[0]
        line.alignment = CENTRE if face == "first" else RIGHT if number else LEFT
        line.paragraph_format.space_after = Pt(0)
        _run(line, text, face, SIZE_TABLE - 1)
