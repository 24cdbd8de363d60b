"""QR codes as inline drawings: black on white in both themes, without styles, so that the content policy lets them pass."""

import segno
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

LARGEST = 29
"""Beyond this version a telephone at arm's length no longer tells the squares apart on paper."""


def code(text: str) -> segno.QRCode:
    """The text as a QR code that bears the usual damage (level M), or less where it would grow too large to be read."""
    made = segno.make(text, error="m", micro=False)
    return made if int(made.version) <= LARGEST else segno.make(text, error="l", micro=False)


def picture(text: str, label: str) -> SafeString:
    """The text as a QR code; `label` is read out in its place."""
    drawn = code(text)
    size = drawn.symbol_size(border=0)[0]
    path = drawn.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)
    inside = path[path.index("<path") : path.rindex("</svg>")]
    return mark_safe(
        f'<svg class="pq-qr" role="img" aria-label="{escape(label)}" viewBox="-4 -4 {size + 8} {size + 8}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M-4-4h{size + 8}v{size + 8}h-{size + 8}z"/>{inside}</svg>'
    )
