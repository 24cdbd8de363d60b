"""Two editions of a table of codes, read from files or from the places in force, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid
from pianqu.kernels.editions import Compared, Place, compared
from pianqu.kernels.overlay import reading
from pianqu.kernels.overlay.findings import Refused
from pianqu.kernels.overlay.layers import Limits
from pianqu.kernels.saying import Said
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries.findings import told

MOST_PLACES = 5_000
MOST_PAIRS = 250_000
"""Names that are held against one another; some seconds."""
STREET_FIGURES = 9
NAMES = ("name", "名称", "社区名称", "村社名称")
PARENTS = ("street_code", "parent", "parent_code", "街道编码", "街道代码", "上级编码", "上级代码")
_LIMITS = Limits(bytes=2_000_000, shapes=MOST_PLACES)


@dataclass(frozen=True)
class Editions:
    """Both tables by code."""

    old: Mapping[str, Place]
    new: Mapping[str, Place]

    def compared(self) -> Compared:
        """Raises Invalid where so much is different that a page would wait for minutes."""
        try:
            return compared(self.old.values(), self.new.values(), most_pairs=MOST_PAIRS)
        except Said as error:
            sentence = _(
                "The editions have too little in common: %(old)s old and %(new)s new places agree neither by code nor by name. "
                "Check the columns of both tables, or compare one street after the other."
            )
            raise Invalid("edition-strange", sentence % error.sentence.values) from error

    def street(self, code: str) -> str:
        """The name of an old place's street as it is now; its code where nobody knows it."""
        parent = self.old[code].parent
        known = territory.places()
        card = known.get(parent) or known.get(parent.ljust(12, "0"))
        return card.name if card else parent

    @cached_property
    def households(self) -> Mapping[str, int]:
        """Of the places whose buildings are counted today."""
        return {code: one.households for code, one in territory.households_by_community().items()}

    def as_json(self) -> dict[str, list[list[str]]]:
        """For a form to bring along."""
        return {
            "old": [[one.code, one.name, one.parent] for one in self.old.values()],
            "new": [[one.code, one.name, one.parent] for one in self.new.values()],
        }


def editions_of(given: Mapping[str, Any]) -> Editions:
    """What a form brought along. Raises Invalid where it was changed on the way."""
    tables = []
    for name in ("old", "new"):
        rows = given.get(name)
        if not isinstance(rows, list) or not all(_is_row(row) for row in rows) or len(rows) > MOST_PLACES:
            raise Invalid("edition-broken", _("The tables did not come back whole. Please send both files again."))
        tables.append({row[0]: Place(code=row[0], name=row[1], parent=row[2]) for row in rows})
    return Editions(*tables)


def _is_row(row: object) -> bool:
    return isinstance(row, list) and len(row) == 3 and all(isinstance(cell, str) for cell in row)


def read_editions(old: tuple[str, bytes] | None, new: tuple[str, bytes]) -> Editions:
    """From files (name and content); without an old one, from the places of now. Raises Invalid with the reason."""
    return Editions(_read(*old) if old else _now(), _read(*new))


def places_now_count() -> int:
    """How many communities are in force."""
    return len(_now())


def _now() -> dict[str, Place]:
    return {
        code: Place(code=code, name=card.name, parent=card.parent_code[:STREET_FIGURES])
        for code, card in territory.places().items()
        if card.level == "community"
    }


def _read(name: str, content: bytes) -> dict[str, Place]:
    try:
        table = reading.read_table(content, name, _LIMITS)
    except Refused as refusal:
        raise Invalid("edition-file", _("%(why)s.") % {"why": told(refusal.finding)}) from refusal
    code, called, parent = (_column(table.columns, known) for known in (reading.CODES, NAMES, PARENTS))
    if not code or not called:
        words = {"file": name, "columns": ", ".join(table.columns[:20])}
        raise Invalid(
            "edition-columns",
            _("%(file)s needs a column of codes (code or 编码) and one of names (name or 名称); it has %(columns)s.")
            % words,
        )
    if rounded := [finding for finding in table.findings if finding.code == "code-rounded"]:
        raise Invalid("edition-rounded", _("%(why)s.") % {"why": told(rounded[0])})
    found: dict[str, Place] = {}
    for row in table.rows:
        key = row.get(code, "")
        if key in found:
            raise Invalid(
                "edition-twice", _("%(file)s: the code %(code)s stands there twice.") % {"file": name, "code": key}
            )
        if key:
            above = row.get(parent, "") if parent else key
            found[key] = Place(code=key, name=row.get(called, ""), parent=above[:STREET_FIGURES])
    return found


def _column(columns: tuple[str, ...], known: tuple[str, ...]) -> str:
    folded = {column.casefold(): column for column in reversed(columns)}
    return next((folded[name] for name in known if name in folded), "")
