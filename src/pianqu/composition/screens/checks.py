"""What a picture is checked for. The questions are asked inside the page; a strict policy allows that to a debugger only."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page as Tab

ENGLISH_ALLOWED = frozenset(
    [
        "GeoJSON",
        "outbox",
        "https",
        "EN",
        "GPS",
        "JPEG",
        "PNG",
        "WebP",
        "HEIC",
        "MB",
        "KB",
        "SHA",
        "QR",
        "PDF",
        "pdf",
        "Word",
        "docx",
        "JSON",
        "Ed25519",
        "C2SP",
        "GitHub",
        "Apache",
        "Chromium",
        "OpenStreetMap",
        "tlog",
        "proof",
        "ODbL",
        "Excel",
        "TOML",
        "CSV",
        "csv",
        "xlsx",
        "toml",
    ]
)
"""Words that are the same in Chinese text. Names of things, never labels."""

_QUESTIONS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong on one page in one form."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def findings(tab: Tab, where: str, *, chinese: bool) -> list[Finding]:
    """What a careful eye would see on the page as it stands in `tab`."""
    asked = {"chinese": chinese, "allowed": sorted(ENGLISH_ALLOWED)}
    said: list[str] = tab.evaluate(_QUESTIONS, asked)
    return [Finding(where, what) for what in said]
