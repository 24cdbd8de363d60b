"""What was found wrong with polygons, repaired or refused: a code with its values, and the sentence it stands for.

Problem: whoever hands in a layer must learn which shape is wrong, where, and what was done about it, in their own language.
Method: findings are data; `sentence` gives the English words with their places, which a room translates (kernels.saying).
Cost: O(1). Guarantee: every code has words, and its values fill all their places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pianqu.kernels.saying import Said, Sentence

Value = str | int | float
Point = tuple[float, float]

WORDS: Mapping[str, str] = {
    # a shape
    "empty": "%(layer)s, %(keys)s: encloses nothing and was left out",
    "not-an-area": "%(layer)s, %(keys)s: is no area (%(kind)s) and was left out",
    "partly-no-area": "%(layer)s, %(keys)s: holds points or lines beside its areas; they were left out",
    "not-a-number": "%(layer)s, %(keys)s: has a coordinate that is no number and was left out",
    "self-intersection": "%(layer)s, %(keys)s: crosses itself near %(at)s; it was repaired, %(area_m2)s m² changed",
    "code-missing": "%(layer)s, %(keys)s: has no code; its number in the file stands for it",
    "code-twice": "%(layer)s, %(keys)s: %(count)s shapes have this code; they were taken as one",
    "duplicate": "%(layer)s, %(keys)s: are the same shape; the first was taken",
    # a layer
    "overlap": "%(layer)s, %(keys)s: both cover %(area_m2)s m² near %(at)s; the smaller one was taken there",
    "overlap-slivers": "%(layer)s: neighbours overlap by hairs in %(count)s places, %(area_m2)s m² together; these were shared "
    "out",
    "gap": "%(layer)s: %(area_m2)s m² near %(at)s lie inside and belong to none",
    "narrow": "%(layer)s, %(keys)s: is nowhere wider than the tolerance of %(tolerance_m)s m and was given to its neighbours",
    "beyond": "%(layer)s, %(keys)s: %(area_m2)s m² near %(at)s lie outside of the district",
    "uncovered": "%(area_m2)s m² of the district near %(at)s are covered by no layer",
    "layer-uncovered": "%(layer)s: leaves %(area_m2)s m² of the district to nobody (%(share)s %%)",
    "layer-twice": "%(layer)s: two layers have this name",
    # a coordinate system
    "system-unknown": "%(layer)s: the coordinate system “%(system)s” is not known; the first point is %(at)s",
    "system-assumed": "%(layer)s: the file does not say its coordinate system; %(system)s was taken",
    "degrees-are-metres": "%(layer)s: declared as degrees, but the first point is %(at)s; it was read as %(system)s",
    "metres-are-degrees": "%(layer)s: declared as %(system)s, but the points are degrees, as %(at)s is; they were read as WGS 84",
    "swapped": "%(layer)s: latitude and longitude were exchanged, as in %(at)s; they were put right",
    "gcj02-suspected": "%(layer)s: lies %(before_m)s m off the district's border and %(after_m)s m once read as GCJ-02: "
    "is it GCJ-02?",
    # a refusal
    "off-the-map": "%(layer)s: declared as degrees, but the first point is %(at)s, and no system was found that fits; it has to "
    "be named, as EPSG:4549 is",
    "elsewhere": "%(layer)s: covers nothing of the district; its middle is %(at)s, %(distance_m)s m from it",
    "nothing": "%(layer)s: holds no area",
    "no-rows": "%(layer)s: holds no line below its headings",
    "too-many-bytes": "%(layer)s: has more than %(limit)s bytes; please divide it, or leave out points nearer than a metre",
    "too-many-shapes": "%(layer)s: has %(count)s shapes; %(limit)s are the most",
    "too-many-points": "%(layer)s: has %(count)s points; %(limit)s are the most",
    "file-empty": "%(layer)s: the file is empty",
    "json-broken": "%(layer)s: is no GeoJSON: what stands in line %(line)s, column %(column)s cannot be read",
    "json-other": "%(layer)s: is no GeoJSON FeatureCollection",
    "file-unreadable": "%(layer)s: cannot be read as %(kind)s; it may be damaged",
    "file-cut-off": "%(layer)s: the .%(part)s file has %(bytes)s of its %(whole)s bytes, so its transfer broke off",
    "shapefiles": "%(layer)s: the archive has %(count)s shapefiles (%(names)s); please pack each by itself",
    "file-part-missing": "%(layer)s: the archive has no .%(part)s file",
    "file-name-refused": "%(layer)s: the archive names a file outside of itself (%(part)s)",
    "file-packed-too-tightly": "%(layer)s: %(part)s unpacks to more than %(limit)s bytes",
    "column-missing": "%(layer)s: has no column %(column)s; it has %(columns)s",
    "code-long": "%(layer)s, %(keys)s: is no code: it has %(count)s characters, and %(limit)s are the most",
    "code-rounded": "%(layer)s, row %(row)s: %(keys)s is a code that a spreadsheet has rounded; its last figures are lost",
    "place-unknown": "%(layer)s, %(keys)s: the place %(place)s is not known",
    "list-cell-unknown": "%(layer)s: the table of duties names the cell %(keys)s, which the grid does not have",
    "text-replaced": "%(layer)s: the names could not all be read as %(encoding)s",
}
_PLACES = {"row", "line", "column"}
THIN = "\u2009"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found. `keys` are codes of shapes; `at` is a point in the coordinates of the file or the plane that was given."""

    code: str
    layer: str = ""
    keys: tuple[str, ...] = ()
    at: Point | None = None
    values: Mapping[str, Value] = field(default_factory=dict)


class Refused(Said):
    """What cannot be taken at all, with the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        said = sentence(finding)
        super().__init__(said.words, **said.values)


def sentence(finding: Finding) -> Sentence:
    """The words of a finding."""
    values: dict[str, str | int | Sentence] = {
        name: _told(value, grouped=name not in _PLACES) for name, value in finding.values.items()
    }
    values["layer"] = finding.layer
    values["keys"] = ", ".join(finding.keys)
    values["at"] = "" if finding.at is None else f"({finding.at[0]:.10g}, {finding.at[1]:.10g})"
    return Sentence(WORDS[finding.code], values)


def _told(value: Value, *, grouped: bool) -> str:
    """A number as people read it: whole in groups of three figures, or three figures in all."""
    if isinstance(value, str) or not grouped:
        return str(value)
    whole = isinstance(value, int) or abs(value) >= 100
    return in_groups(value) if whole else f"{value:.3g}"


def in_groups(value: float) -> str:
    """A whole number in groups of three figures."""
    return f"{value:,.0f}".replace(",", THIN)
