"""One row of the table becomes a history of acts, or a reason why it cannot."""

from collections.abc import Mapping as Table
from datetime import UTC, datetime

from pianqu.composition.importing.mapping import Mapping
from pianqu.rooms.casework.services import Claim, History, Opening, PlaceChoice

CHANNEL = "import"


class Reject(Exception):
    """The row cannot be taken; the text is the reason in the rejects file."""


def history(row: Table[str, str], mapping: Mapping) -> History:
    """The acts that the row claims. Raises Reject."""
    columns = mapping.columns
    opened = _claim(row, columns["opened"], mapping)
    if opened is None:
        raise Reject("no opening time")
    closed = _claim(row, columns["closed"], mapping) if "closed" in columns else None
    if closed and closed.happened_at < opened.happened_at:
        raise Reject("closed before opened")
    return History(
        organisation_code=_known(row, "organisation", mapping),
        opening=Opening(
            words=_words(row, mapping),
            category=_known(row, "category", mapping),
            place=_place(row, mapping),
            channel=CHANNEL,
            claim=opened,
        ),
        reply=_reply(row, mapping),
        resolved=closed,
        closed=closed,
    )


def _claim(row: Table[str, str], column: str, mapping: Mapping) -> Claim | None:
    text = row[column].strip()
    if not text:
        return None
    return Claim(
        happened_at=_moment(text, mapping),
        imported_from=mapping.label,
        imported_id=row[mapping.columns["id"]].strip(),
    )


def _moment(text: str, mapping: Mapping) -> datetime:
    """Local times of the mapping's zone, kept with their offset; a time that the clocks skip or repeat is the first one."""
    try:
        naive = datetime.strptime(text, mapping.time_format) if mapping.time_format else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        raise Reject(f"not a time: {text[:40]}") from None
    local = naive if naive.tzinfo else naive.replace(tzinfo=mapping.zone)
    return local.astimezone(UTC).astimezone(mapping.zone)


def _known(row: Table[str, str], what: str, mapping: Mapping) -> str:
    value = row[mapping.columns[what]].strip()
    known = mapping.categories if what == "category" else mapping.organisations
    if value not in known:
        raise Reject(f"unknown {what}: {value[:60]}")
    return known[value].code


def _words(row: Table[str, str], mapping: Mapping) -> str:
    said = [row[column].strip() for column in mapping.words]
    return " · ".join(dict.fromkeys(text for text in said if text)) or "—"


def _reply(row: Table[str, str], mapping: Mapping) -> str:
    value = row.get(mapping.columns.get("reply", ""), "").strip()
    return mapping.replies.get(value, mapping.reply_otherwise)


def _place(row: Table[str, str], mapping: Mapping) -> PlaceChoice:
    lon, lat = (row.get(mapping.columns.get(name, ""), "").strip() for name in ("lon", "lat"))
    if not lon and not lat:
        return PlaceChoice(source="none")
    try:
        point = float(lon), float(lat)
    except ValueError:
        raise Reject("not a point") from None
    if not mapping.bounds.holds(*point):
        raise Reject("outside the bounds")
    return PlaceChoice(lon=point[0], lat=point[1], source="imported")
