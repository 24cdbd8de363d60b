"""Drawn pictures that say that they are synthetic: a lift, a charger, a wall. No photo of anything or anybody."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from pianqu.foundation.photos import SafePhoto, sanitise

SIZE = (960, 720)


def drawn(name: str) -> SafePhoto:
    """The picture of this name. Raises KeyError for an unknown one."""
    picture = Image.new("RGB", SIZE, "#dfe6e2")
    pen = ImageDraw.Draw(picture)
    _PICTURES[name](pen)
    pen.rectangle((0, 660, 960, 720), fill="#1e2a27")
    pen.text((24, 672), "SYNTHETIC DEMO PICTURE", fill="#ffffff", font_size=32)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return sanitise(out.getvalue())


def _lift(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((280, 90, 680, 640), fill="#8fa39a", outline="#1e2a27", width=8)
    pen.line((480, 90, 480, 640), fill="#1e2a27", width=6)
    pen.rectangle((720, 300, 780, 420), fill="#f6f7f4", outline="#1e2a27", width=4)
    pen.rectangle((360, 260, 600, 400), fill="#f3d98b", outline="#855600", width=6)
    pen.text((396, 300), "OUT OF ORDER", fill="#855600", font_size=24)


def _charger(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 520, 960, 660), fill="#7fa07a")
    pen.rectangle((200, 240, 330, 560), fill="#f6f7f4", outline="#1e2a27", width=6)
    pen.ellipse((235, 280, 295, 340), fill="#2b6b38")
    pen.line((330, 480, 520, 590, 700, 540, 900, 620), fill="#b23a26", width=12, joint="curve")


def _wall(pen: ImageDraw.ImageDraw) -> None:
    for row in range(9):
        for column in range(9):
            missing = (row, column) in {(3, 5), (4, 5)}
            left, top = column * 110 - row % 2 * 55, row * 72
            pen.rectangle(
                (left, top, left + 104, top + 66), fill="#6d6258" if missing else "#c9a58c", outline="#8a6f5c", width=2
            )


_PICTURES: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {"lift": _lift, "charger": _charger, "wall": _wall}
