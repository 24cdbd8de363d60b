"""The content security policy: everything from this server, nothing inline, no `data:`; a base map is let in by name."""

from urllib.parse import urlsplit

REPORT_URI = "/csp-report/"


def policy(tiles: str) -> dict[str, dict[str, list[str] | str]]:
    """django-csp's setting. `tiles` is the base map's URL template or empty."""
    pictures = ["'self'", "blob:"]  # blob: shows the photos that a resident has just chosen, before they are sent
    if tiles:
        pictures.append(_origin(tiles))
    return {
        "DIRECTIVES": {
            "default-src": ["'self'"],
            "img-src": pictures,
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "form-action": ["'self'"],
            "frame-ancestors": ["'none'"],
            "report-uri": REPORT_URI,
        }
    }


def _origin(template: str) -> str:
    parts = urlsplit(template.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}"
