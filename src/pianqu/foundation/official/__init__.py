"""Official documents 公文 as Word and PDF, laid out by GB/T 9704—2012.

Paper A4; top margin 37 mm, binding margin 28 mm, type area 156 x 225 mm; 22 lines of 28 characters; title in size 2 Xiaobiaosong,
text in size 3 Fangsong, first headings in Heiti, second in Kaiti; page numbers in size 4 with dashes on the outer side. One
that is no draft yet ends with who had it printed. Where a face is not installed the PDF takes the next one of its list; Word
names the standard's own face, so that a machine that has it shows it.
"""

from pianqu.foundation.official.layout import missing_faces
from pianqu.foundation.official.paper import Chart, OfficialDocument, Paragraph, Sheet, paragraphs
from pianqu.foundation.official.pdf import Cell, as_pdf, cells_of
from pianqu.foundation.official.word import as_word

__all__ = [
    "Cell",
    "Chart",
    "OfficialDocument",
    "Paragraph",
    "Sheet",
    "as_pdf",
    "as_word",
    "cells_of",
    "missing_faces",
    "paragraphs",
]
