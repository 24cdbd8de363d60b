"""What was found wrong with a department's grid, in the reader's language."""

from django.utils.translation import gettext, gettext_noop

from pianqu.kernels.overlay.findings import Finding, sentence

KERNELS = (
    gettext_noop("%(layer)s, %(keys)s: encloses nothing and was left out"),
    gettext_noop("%(layer)s, %(keys)s: is no area (%(kind)s) and was left out"),
    gettext_noop("%(layer)s, %(keys)s: holds points or lines beside its areas; they were left out"),
    gettext_noop("%(layer)s, %(keys)s: has a coordinate that is no number and was left out"),
    gettext_noop("%(layer)s, %(keys)s: crosses itself near %(at)s; it was repaired, %(area_m2)s m² changed"),
    gettext_noop("%(layer)s, %(keys)s: has no code; its number in the file stands for it"),
    gettext_noop("%(layer)s, %(keys)s: %(count)s shapes have this code; they were taken as one"),
    gettext_noop("%(layer)s, %(keys)s: are the same shape; the first was taken"),
    gettext_noop("%(layer)s, %(keys)s: both cover %(area_m2)s m² near %(at)s; the smaller one was taken there"),
    gettext_noop(
        "%(layer)s: neighbours overlap by hairs in %(count)s places, %(area_m2)s m² together; these were shared out"
    ),
    gettext_noop("%(layer)s: %(area_m2)s m² near %(at)s lie inside and belong to none"),
    gettext_noop(
        "%(layer)s, %(keys)s: is nowhere wider than the tolerance of %(tolerance_m)s m and was given to its neighbours"
    ),
    gettext_noop("%(layer)s, %(keys)s: %(area_m2)s m² near %(at)s lie outside of the district"),
    gettext_noop("%(area_m2)s m² of the district near %(at)s are covered by no layer"),
    gettext_noop("%(layer)s: leaves %(area_m2)s m² of the district to nobody (%(share)s %%)"),
    gettext_noop("%(layer)s: two layers have this name"),
    gettext_noop("%(layer)s: the coordinate system “%(system)s” is not known; the first point is %(at)s"),
    gettext_noop("%(layer)s: the file does not say its coordinate system; %(system)s was taken"),
    gettext_noop("%(layer)s: declared as degrees, but the first point is %(at)s; it was read as %(system)s"),
    gettext_noop(
        "%(layer)s: declared as %(system)s, but the points are degrees, as %(at)s is; they were read as WGS 84"
    ),
    gettext_noop("%(layer)s: latitude and longitude were exchanged, as in %(at)s; they were put right"),
    gettext_noop(
        "%(layer)s: lies %(before_m)s m off the district's border and %(after_m)s m once read as GCJ-02: is it GCJ-02?"
    ),
    gettext_noop(
        "%(layer)s: declared as degrees, but the first point is %(at)s, and no system was found that fits; it has to be named, "
        "as EPSG:4549 is"
    ),
    gettext_noop("%(layer)s: covers nothing of the district; its middle is %(at)s, %(distance_m)s m from it"),
    gettext_noop("%(layer)s: holds no area"),
    gettext_noop("%(layer)s: holds no line below its headings"),
    gettext_noop("%(layer)s: has more than %(limit)s bytes; please divide it, or leave out points nearer than a metre"),
    gettext_noop("%(layer)s: has %(count)s shapes; %(limit)s are the most"),
    gettext_noop("%(layer)s: has %(count)s points; %(limit)s are the most"),
    gettext_noop("%(layer)s: the file is empty"),
    gettext_noop("%(layer)s: is no GeoJSON: what stands in line %(line)s, column %(column)s cannot be read"),
    gettext_noop("%(layer)s: is no GeoJSON FeatureCollection"),
    gettext_noop("%(layer)s: cannot be read as %(kind)s; it may be damaged"),
    gettext_noop("%(layer)s: the .%(part)s file has %(bytes)s of its %(whole)s bytes, so its transfer broke off"),
    gettext_noop("%(layer)s: the archive has %(count)s shapefiles (%(names)s); please pack each by itself"),
    gettext_noop("%(layer)s: the archive has no .%(part)s file"),
    gettext_noop("%(layer)s: the archive names a file outside of itself (%(part)s)"),
    gettext_noop("%(layer)s: %(part)s unpacks to more than %(limit)s bytes"),
    gettext_noop("%(layer)s: has no column %(column)s; it has %(columns)s"),
    gettext_noop("%(layer)s, %(keys)s: is no code: it has %(count)s characters, and %(limit)s are the most"),
    gettext_noop(
        "%(layer)s, row %(row)s: %(keys)s is a code that a spreadsheet has rounded; its last figures are lost"
    ),
    gettext_noop("%(layer)s, %(keys)s: the place %(place)s is not known"),
    gettext_noop("%(layer)s: the table of duties names the cell %(keys)s, which the grid does not have"),
    gettext_noop("%(layer)s: the names could not all be read as %(encoding)s"),
)


def told(finding: Finding) -> str:
    """The finding's sentence."""
    said = sentence(finding)
    return gettext(said.words) % said.values
