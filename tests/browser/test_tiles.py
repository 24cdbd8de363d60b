"""A base map from elsewhere: its address alone enters the policy, its pictures are drawn; without it nobody outside is asked."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.taking import LOCALES


@dataclass
class Tiles:
    """A tile server on this machine and what it was asked for."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (256, 256), (200, 220, 210)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def tiles() -> Iterator[Tiles]:
    found, drawn = Tiles(), picture()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(drawn)))
            self.end_headers()
            self.wfile.write(drawn)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


def open_report(chrome: Browser, place: House) -> tuple[Page, list[str], set[str]]:
    """The report's page with its map, what the browser complained of, and whom it asked."""
    context = chrome.new_context(base_url=place.url, locale=LOCALES["zh"], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("request", lambda asked: hosts.add(urlsplit(asked.url).netloc))
    page.goto("/report/")
    page.locator("[data-map]").first.scroll_into_view_if_needed()
    expect(page.locator(".leaflet-container").first).to_be_visible()
    return page, complaints, hosts


def test_a_base_map_enters_by_its_address_alone(chrome: Browser, tiles: Tiles) -> None:
    with house(empty=True, PIANQU_TILES=f"{tiles.url}/{{z}}/{{x}}/{{y}}.png") as place:
        page, complaints, hosts = open_report(chrome, place)
        expect(page.locator("img.leaflet-tile-loaded").first).to_be_visible()
        width = page.locator("img.leaflet-tile-loaded").first.evaluate("picture => picture.naturalWidth")
        policy = page.request.get("/report/").headers["content-security-policy"]
        page.context.close()
    assert width == 256
    assert any(re.fullmatch(r"/\d+/\d+/\d+\.png", path) for path in tiles.asked)
    assert tiles.url in policy and "unsafe" not in policy
    assert complaints == []
    assert hosts == {urlsplit(place.url).netloc, urlsplit(tiles.url).netloc}


def test_without_one_nobody_outside_is_asked(chrome: Browser, empty_house: House) -> None:
    page, complaints, hosts = open_report(chrome, empty_house)
    expect(page.locator("path.leaflet-interactive").first).to_be_attached()
    page.context.close()
    assert complaints == [] and hosts == {urlsplit(empty_house.url).netloc}
