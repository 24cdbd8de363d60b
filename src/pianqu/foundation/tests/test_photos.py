"""Photos: what is refused with a sentence, and that nothing but the picture is kept."""

import io
import random
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageOps

from pianqu.foundation import photos
from pianqu.foundation.errors import Invalid
from pianqu.foundation.photos import sanitise


def encoded(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red" if mode != "RGBA" else (255, 0, 0, 0)).save(out, kind, **more)
    return out.getvalue()


def with_position() -> bytes:
    """A photo lying on its side, with a GPS position, a maker's note and a colour profile."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Somephone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (29.0, 53.0, 7.0)
    return encoded("JPEG", exif=exif.tobytes(), icc_profile=b"a profile" * 20, comment=b"at home")


@pytest.mark.parametrize("raw", [encoded("JPEG"), encoded("PNG"), encoded("WEBP"), encoded("PNG", mode="RGBA")])
def test_the_usual_formats_come_out_as_jpeg(raw: bytes) -> None:
    made = sanitise(raw)
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 60, 40)
    assert Image.open(io.BytesIO(made.content)).size == (60, 40)


def test_the_picture_is_upright_and_carries_nothing_else() -> None:
    raw = with_position()
    assert b"Somephone" in raw
    made = sanitise(raw)
    again = Image.open(io.BytesIO(made.content))
    assert (made.width, made.height) == (40, 60)
    assert not again.getexif() and "icc_profile" not in again.info and "comment" not in again.info
    for mark in (b"Exif", b"Somephone", b"profile", b"http://ns.adobe.com", b"at home"):
        assert mark not in made.content


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    drawn = Image.new("RGB", (64, 32), "white")
    drawn.paste("red", (0, 0, 16, 8))
    drawn.save(out, "PNG", exif=exif.tobytes())
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(out.getvalue())))
    made = Image.open(io.BytesIO(sanitise(out.getvalue()).content))
    assert made.size == upright.size
    corners = [(4, 4), (made.width - 4, 4), (4, made.height - 4), (made.width - 4, made.height - 4)]
    assert [is_red(made, at) for at in corners] == [is_red(upright, at) for at in corners]


def is_red(picture: Image.Image, at: tuple[int, int]) -> bool:
    pixel = picture.getpixel(at)
    return isinstance(pixel, tuple) and pixel[1] < 128


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_camera_data_that_nobody_can_read_does_no_harm() -> None:
    raw, chance = with_position(), random.Random(7)
    place = raw.index(b"Exif")
    for _broken in range(300):
        changed = bytearray(raw)
        for _byte in range(3):
            changed[place + chance.randrange(14, 110)] = chance.randrange(256)
        assert sanitise(bytes(changed)).media_type == "image/jpeg"


def test_one_picture_at_a_time_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A see-through PNG of 200 KB takes some 500 MB for a moment; eight threads of it would take the machine."""
    seen, small = [], photos._small

    def watched(picture: Image.Image) -> Image.Image:
        seen.append(photos._ONE_AT_A_TIME.locked())
        return small(picture)

    monkeypatch.setattr(photos, "_small", watched)
    sanitise(encoded("PNG"))
    assert seen == [True]
    assert not photos._ONE_AT_A_TIME.locked()


def test_what_is_see_through_becomes_white() -> None:
    made = sanitise(encoded("PNG", mode="RGBA"))
    pixel = Image.open(io.BytesIO(made.content)).getpixel((5, 5))
    assert isinstance(pixel, tuple) and min(pixel[:3]) > 250


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "I;16", "1"])
def test_other_colour_modes_are_taken(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (20, 10)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert sanitise(out.getvalue()).width == 20


def test_a_large_photo_is_made_smaller() -> None:
    made = sanitise(encoded("JPEG", (5_000, 1_000)))
    assert (made.width, made.height) == (photos.LONG_SIDE, 410)


def bomb() -> bytes:
    """A PNG of a few bytes that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("photo.jpg", encoded("JPEG"))
    return out.getvalue()


BAD = {
    "40 MB": (b"\xff\xd8\xff" + b"\0" * 40_000_000, "photo-too-large"),
    "svg named .jpg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "photo-not-a-photo"),
    "zip named .jpg": (zipped(), "photo-not-a-photo"),
    "jpeg in front of a zip": (b"\xff\xd8\xff" + zipped(), "photo-broken"),
    "truncated jpeg": (encoded("JPEG", (400, 400))[:-700], "photo-broken"),
    "truncated head": (encoded("JPEG")[:20], "photo-broken"),
    "truncated png": (encoded("PNG", (400, 400))[:-60], "photo-broken"),
    "decompression bomb": (bomb(), "photo-too-many-pixels"),
    "a bit too many pixels": (encoded("PNG", (8_000, 6_300), mode="1"), "photo-too-many-pixels"),
    "heic": (b"\0\0\0\x18ftypheic" + b"\0" * 100, "photo-heic"),
    "gif": (encoded("GIF"), "photo-not-a-photo"),
    "nothing": (b"", "photo-not-a-photo"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_photo_gets_a_sentence(name: str) -> None:
    raw, code = BAD[name]
    with pytest.raises(Invalid) as refusal:
        sanitise(raw)
    assert refusal.value.code == code
    assert refusal.value.message != code
