"""What the verbs share: words and places as they are taken, claims of importers, photos as they are kept."""

import math
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pianqu.foundation import files
from pianqu.foundation.errors import Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.photos import MAX_PHOTOS, SafePhoto
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, file_commitment, text_commitment
from pianqu.rooms.casework.models import Photo
from pianqu.rooms.territory import queries as territory

LONGEST = 5_000
LONGEST_LANDMARK = 200
PLACE_SOURCES = frozenset({"community", "gazetteer", "map", "position", "none", "imported"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChoice:
    """Where the matter is, as far as the reporter said, and how it was said."""

    community_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    landmark: str | None = None
    source: str = "none"
    cell: territory.CellPlace = territory.NOWHERE
    """Found by the verb from the point; what a caller gives is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an importer says of something that happened before: shown as imported, never as seen here."""

    happened_at: datetime
    imported_from: str
    imported_id: str = ""

    def told(self) -> dict[str, str]:
        """The claim as a fact's fields."""
        return {"happened_at": self.happened_at.isoformat(), "imported_from": self.imported_from}


@dataclass(frozen=True, slots=True)
class Words:
    """Cleaned words with the salt and commitment that a fact carries for them."""

    text: str
    salt: bytes
    commitment: str


def taken(text: str, *, shortest: int = 1, missing: str = "") -> Words:
    """The words as they are kept. Raises Invalid when there are none (with the sentence `missing`) or too many."""
    try:
        kept = kernel.fit(text, longest=LONGEST, shortest=shortest)
    except kernel.Unfit as unfit:
        raise _unfit(unfit, missing) from unfit
    salt = secrets.token_bytes(SALT_BYTES)
    return Words(kept, salt, text_commitment(kept, salt))


def _unfit(unfit: kernel.Unfit, missing: str) -> Invalid:
    if unfit.reason == "empty":
        return Invalid("words-empty", missing or _("Please say in a few words what it is about."))
    over = unfit.length - LONGEST
    sentence = ngettext(
        "The text may have 5 000 characters; yours has %(over)s too many. It is still here: please shorten it.",
        "The text may have 5 000 characters; yours has %(over)s too many. It is still here: please shorten it.",
        over,
    )
    return Invalid("words-too-long", sentence % {"over": f"{over:,}".replace(",", "\u2009")})


def checked_place(place: PlaceChoice, *, ours: bool, on: date | None = None) -> PlaceChoice:
    """The place with its community, its cell of that day and a cleaned landmark. Raises Invalid for a point that is none.

    `ours` asks for places of this district; an import has its own bounds.
    """
    if place.source not in PLACE_SOURCES:
        raise Invalid("place-source-unknown", _("This way of giving a place is not known."))
    if (place.lon is None) != (place.lat is None):
        raise Invalid("place-half", _("A point needs both longitude and latitude."))
    if place.lon is not None and place.lat is not None:
        _check_point(place.lon, place.lat)
    landmark = kernel.clean(place.landmark or "")
    if len(landmark) > LONGEST_LANDMARK:
        raise Invalid(
            "landmark-too-long", _("The description of the place may have 200 characters. Please shorten it.")
        )
    return PlaceChoice(
        community_code=_community(place) if ours else place.community_code,
        lon=place.lon,
        lat=place.lat,
        landmark=landmark,
        source=place.source,
        cell=_cell(place, on) if ours and on else territory.NOWHERE,
    )


def _cell(place: PlaceChoice, on: date) -> territory.CellPlace:
    if place.lon is None or place.lat is None:
        return territory.NOWHERE
    return territory.locate_cell(lon=place.lon, lat=place.lat, on=on)


def _community(place: PlaceChoice) -> str | None:
    if not place.community_code and place.lon is None:
        return None
    placing = territory.placing(code=place.community_code, lon=place.lon, lat=place.lat)
    if placing.trouble == "unknown":
        raise Invalid("place-unknown", _("This community is not on the list. Please choose the place again."))
    if placing.trouble == "swapped":
        raise Invalid("place-swapped", _("Longitude and latitude seem to be swapped. Please choose the place again."))
    if placing.trouble == "outside":
        raise Invalid(
            "place-outside",
            _("This point lies outside of the district. Please choose the place again, or report it where it lies."),
        )
    return placing.place.code if placing.place else None


def _check_point(lon: float, lat: float) -> None:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise Invalid("place-not-a-number", _("This is not a point on the map. Please choose the place again."))
    if abs(lat) > 90 >= abs(lon):
        raise Invalid("place-swapped", _("Longitude and latitude seem to be swapped. Please choose the place again."))
    if abs(lon) > 180 or abs(lat) > 90:
        raise Invalid("place-off-the-map", _("This is not a point on the map. Please choose the place again."))


def kept_photos(
    photos: Sequence[SafePhoto], *, case_id: uuid.UUID, addition_id: uuid.UUID | None = None
) -> list[Photo]:
    """The photos in the store, each with its salt and commitment; the rows are still to be saved.

    A crash before the commit leaves a file that nobody names, never a row without its file.
    """
    if len(photos) > MAX_PHOTOS:
        raise Invalid("photos-too-many", _("Please send at most 5 photos."))
    return [_kept(photo, order, case_id, addition_id) for order, photo in enumerate(photos)]


def _kept(photo: SafePhoto, order: int, case_id: uuid.UUID, addition_id: uuid.UUID | None) -> Photo:
    salt = secrets.token_bytes(SALT_BYTES)
    return Photo(
        id=new_id(),
        case_id=case_id,
        addition_id=addition_id,
        order=order,
        file_name=files.keep(photo.content),
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        salt=salt,
        commitment=file_commitment(photo.content, salt),
    )
