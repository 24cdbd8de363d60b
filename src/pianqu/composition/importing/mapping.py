"""The mapping of an import: a TOML file that says what the columns of a table mean."""

import re
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pianqu.foundation.errors import Invalid

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_NEEDED = ("id", "opened", "category", "organisation", "words")


@dataclass(frozen=True, slots=True)
class Named:
    """A code of ours for a value of theirs, with names where it has to be created."""

    code: str
    name_zh: str
    name_en: str

    @property
    def is_new(self) -> bool:
        return bool(self.name_en)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The district's box in degrees; a point outside is rejected."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What the importer needs to know about one table."""

    label: str
    district_code: str
    district_names: tuple[str, str]
    zone: tzinfo
    time_format: str
    bounds: Bounds
    columns: Table[str, str]
    words: tuple[str, ...]
    organisations: Table[str, Named]
    categories: Table[str, Named]
    replies: Table[str, str]
    reply_otherwise: str


def read_mapping(path: Path) -> Mapping:
    """The mapping in a file. Raises Invalid with a sentence that names what is wrong with it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _mapping(table)
    except OSError as error:
        raise Invalid("mapping-unreadable", f"The mapping {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("mapping-not-toml", f"The mapping {path} is not TOML: {error}.") from error
    except KeyError as error:
        raise Invalid("mapping-incomplete", f"The mapping {path} lacks {error}.") from error
    except (TypeError, AttributeError, ValueError, ZoneInfoNotFoundError) as error:
        raise Invalid("mapping-wrong", f"The mapping {path} cannot be used: {error}.") from error


def _mapping(table: dict[str, Any]) -> Mapping:
    columns = {name: value for name, value in table["columns"].items() if name != "words"}
    for name in _NEEDED:
        if name not in table["columns"]:
            raise KeyError(f"columns.{name}")
    replies = table.get("replies", {})
    return Mapping(
        label=_code(table["label"]),
        district_code=_code(table["district"]["code"]),
        district_names=(table["district"]["zh"], table["district"]["en"]),
        zone=ZoneInfo(table["time"]["zone"]),
        time_format=table["time"].get("format", ""),
        bounds=Bounds(**{side: float(table["bounds"][side]) for side in ("west", "south", "east", "north")}),
        columns=columns,
        words=tuple(table["columns"]["words"]),
        organisations={value: _named(row) for value, row in table["organisations"].items()},
        categories={value: _named(row) for value, row in table["categories"].items()},
        replies=replies.get("values", {}),
        reply_otherwise=replies.get("otherwise", "—"),
    )


def _named(row: dict[str, str]) -> Named:
    return Named(_code(row["code"]), row.get("zh", ""), row.get("en", ""))


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError(f"“{text}” is not a code: letters, digits and hyphens, at most 32")
    return text
