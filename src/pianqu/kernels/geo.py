"""Where a point is: distances, the offset of Chinese maps, and points whose numbers were swapped.

Problem: phones give WGS-84, maps sold in China give GCJ-02 (up to 700 m away); both arrive, also with lon and lat exchanged.
Method: great-circle distance (haversine); the published form of the GCJ-02 offset, a sum of sines added to WGS-84 inside a
box around China; its inverse by fixed-point iteration, because the offset changes by less than 1 % of the way.
Source: R. W. Sinnott, "Virtues of the Haversine", 1984; the open "eviltransform" description of GCJ-02 and its vectors.
Cost: O(1). Guarantee: wgs84(gcj02(p)) = p within 1 mm; the haversine differs from the ellipsoid by less than 0.6 %.
Longitude comes first everywhere; degrees in, metres out.
"""

from math import asin, cos, pi, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
_KRASOVSKY_A, _KRASOVSKY_EE = 6_378_245.0, 0.00669342162296594323
_BOX = (72.004, 0.8293, 137.8347, 55.8271)

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def is_inside(lon: float, lat: float, bounds: Bounds) -> bool:
    """Whether the point lies in the box or on its edge."""
    west, south, east, north = bounds
    return west <= lon <= east and south <= lat <= north


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres along the great circle."""
    half_lat, half_lon = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 of a WGS-84 point; outside of China the point itself."""
    if not is_inside(lon, lat, _BOX):
        return lon, lat
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def wgs84(lon: float, lat: float) -> tuple[float, float]:
    """WGS-84 of a GCJ-02 point; outside of China the point itself."""
    if not is_inside(lon, lat, _BOX):
        return lon, lat
    true_lon, true_lat = lon, lat
    for _ in range(8):
        east, north = _offset(true_lon, true_lat)
        true_lon, true_lat = lon - east, lat - north
    return true_lon, true_lat


def _offset(lon: float, lat: float) -> tuple[float, float]:
    """Degrees that GCJ-02 adds."""
    x, y = lon - 105.0, lat - 35.0
    shared = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + shared
    north += _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + shared
    east += _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))
    latitude = radians(lat)
    magic = 1 - _KRASOVSKY_EE * sin(latitude) ** 2
    north_degrees = north * 180.0 / ((_KRASOVSKY_A * (1 - _KRASOVSKY_EE)) / (magic * sqrt(magic)) * pi)
    east_degrees = east * 180.0 / (_KRASOVSKY_A / sqrt(magic) * cos(latitude) * pi)
    return east_degrees, north_degrees


def _waves(value: float, *terms: tuple[float, float]) -> float:
    return sum(height * sin(value * pi / width) for height, width in terms) * 2.0 / 3.0


def looks_swapped(lon: float, lat: float, bounds: Bounds) -> bool:
    """Whether the point lies outside of the bounds, but would lie inside with its two numbers exchanged."""
    return not is_inside(lon, lat, bounds) and is_inside(lat, lon, bounds)
