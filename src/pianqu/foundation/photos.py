"""Photos that people send: taken apart and made anew, so that nothing but the picture is kept.

What the bytes are is told by the bytes, never by a name. The picture is turned upright, made smaller where it is large,
and written again without any metadata: no EXIF, no GPS position, no XMP, no colour profile.
"""

from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from django.utils.translation import gettext as _
from PIL import ExifTags, Image, UnidentifiedImageError

from pianqu.foundation.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
MAX_PHOTOS = 5
"""Per report or addition."""
MAX_PIXELS = 50_000_000
"""Checked from the header, before a single pixel is decoded."""
LONG_SIDE = 2048
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what makes the picture upright."""
_ONE_AT_A_TIME = Lock()
"""A picture of few bytes can need hundreds of megabytes while it is decoded: one in a process at a time."""
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SafePhoto:
    """A picture that was made anew here: safe to keep and to show."""

    content: bytes
    media_type: str
    width: int
    height: int


def sanitise(raw: bytes) -> SafePhoto:
    """The picture alone. Raises Invalid with a sentence for the sender when it is too large, broken or no photo."""
    if len(raw) > MAX_BYTES:
        raise Invalid("photo-too-large", _("This photo is larger than 10 MB. Please send a smaller one."))
    _check_kind(raw)
    picture = _opened(raw)
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise Invalid("photo-too-many-pixels", _("This picture has too many pixels. Please send a smaller one."))
    return _made_anew(picture)


def _check_kind(raw: bytes) -> None:
    if raw[4:8] == b"ftyp" and raw[8:12] in _HEIC_BRANDS:
        raise Invalid(
            "photo-heic",
            _(
                "Photos in HEIC format cannot be read here. Please send it as JPEG (most phones offer this when sharing)."
            ),
        )
    jpeg, png = raw[:3] == b"\xff\xd8\xff", raw[:8] == b"\x89PNG\r\n\x1a\n"
    webp = raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"
    if not (jpeg or png or webp):
        raise Invalid("photo-not-a-photo", _("This file is not a photo. Please send JPEG, PNG or WebP."))


def _opened(raw: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(raw), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(
            "photo-too-many-pixels", _("This picture has too many pixels. Please send a smaller one.")
        ) from error
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise _broken() from error


def _made_anew(picture: Image.Image) -> SafePhoto:
    with _ONE_AT_A_TIME:
        try:
            turn = _turn(picture)
            small = _small(picture)
        except (OSError, ValueError, SyntaxError, IndexError, ArithmeticError, MemoryError) as error:
            raise _broken() from error
    upright = small.transpose(turn) if turn is not None else small
    bare = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return SafePhoto(content=out.getvalue(), media_type="image/jpeg", width=bare.width, height=bare.height)


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """How the picture has to be turned to stand upright, by the one EXIF tag that is read.

    Cameras write EXIF that no library can read to its end; a picture whose turn is not known stays as it is.
    """
    try:
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - a parser of foreign bytes, whose answer the picture does not need
        return None


def _small(picture: Image.Image) -> Image.Image:
    """RGB, at most LONG_SIDE long; what was see-through becomes white. Small first: a copy of it all is large."""
    picture.draft("RGB", (LONG_SIDE, LONG_SIDE))
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    small = picture if picture.mode == mode else picture.convert(mode)
    small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    if mode == "RGB":
        return small
    white = Image.new("RGB", small.size, "white")
    white.paste(small, mask=small.getchannel("A"))
    return white


def _broken() -> Invalid:
    return Invalid("photo-broken", _("This photo is incomplete or damaged. Please send it again or choose another."))
