"""Fetch the front-end files of vendor.toml with npm, check them, and make them fit a strict content security policy.

For developers only: the result is committed, users need no node. Source maps go (they point nowhere), and every `data:`
picture becomes a file, because the policy allows pictures from this server only.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
import urllib.parse
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src/pianqu/foundation/static/vendor"
_DATA_URL = re.compile(r"""url\(\s*(["']?)data:([\w/+.-]+)((?:;[\w=-]+)*),(.*?)\1\s*\)""", re.DOTALL)
_SOURCE_MAP = re.compile(r"(?://[#@]\s*sourceMappingURL=[^\n]*|/\*[#@]\s*sourceMappingURL=[^*]*\*/)\n?")
_NEAR = re.compile(r"""((?:from|import)\s*["'])\.\.?/([\w-]+)\.js(["'])""")
"""A module of the same package, which lies in one folder here."""
_OF_NOBLE = re.compile(r"""(?m)^(?!\s*\*)(.*(?:from|import)\s*["'])@noble/([\w-]+)/(?:abstract/)?([\w-]+)\.js(["'])""")


def main() -> None:
    """Fetch everything anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    listed: list[dict[str, Any]] = tomllib.loads((HERE / "vendor.toml").read_text())["package"]
    for package in listed:
        with tempfile.TemporaryDirectory() as folder:
            take(package, fetch(package, Path(folder)))
    notice = [f"{p['name']} {p['version']}: {p['folder']}/ ({p.get('licence', 'see its LICENSE')})" for p in listed]
    (TARGET / "NOTICE.md").write_text(
        "Files of other projects, unchanged but for source maps, `data:` pictures and what tools/vendor.toml swaps.\n\n- "
        + "\n- ".join(notice)
        + "\n"
    )


def fetch(package: dict[str, Any], folder: Path) -> Path:
    """The unpacked package, after its checksum was compared."""
    subprocess.run(
        ["npm", "pack", "--silent", f"{package['name']}@{package['version']}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    archive = next(folder.glob("*.tgz"))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if package["integrity"] != f"sha512-{digest}":
        raise SystemExit(f"{package['name']}: the archive is not the one that was listed")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package"


def take(package: dict[str, Any], source: Path) -> None:
    """Copy the listed files and gather the listed icons."""
    target = TARGET / package["folder"]
    for name, new_name in package["files"].items():
        place = target / new_name
        place.parent.mkdir(parents=True, exist_ok=True)
        content = cleaned((source / name).read_bytes(), place)
        for old, new in package.get("swap", ()) if place.suffix == ".js" else ():
            if old.encode() not in content:
                raise SystemExit(f"{place.name}: {old} is not in it any more")
            content = content.replace(old.encode(), new.encode())
        place.write_bytes(content)
    if "icons" in package:
        icons = {name: strokes((source / f"icons/outline/{name}.svg").read_text()) for name in package["icons"]}
        (target / "icons.json").write_text(json.dumps(icons, indent=0, sort_keys=True) + "\n")


def cleaned(content: bytes, place: Path) -> bytes:
    """Without source maps and `data:` pictures."""
    if place.suffix not in {".css", ".js", ".mjs"}:
        return content
    text = _SOURCE_MAP.sub("", content.decode("utf-8"))
    if place.suffix == ".css":
        text = _DATA_URL.sub(lambda match: as_file(match, place.parent), text)
    if place.suffix == ".mjs":
        text = _NEAR.sub(r"\1./\2.mjs\3", text)
        text = _OF_NOBLE.sub(r"\1../noble-\2/\3.mjs\4", text)
    return text.encode("utf-8")


def as_file(match: re.Match[str], folder: Path) -> str:
    """Write the picture of one `data:` url beside the style sheet and point there."""
    _, kind, parameters, body = match.groups()
    raw = base64.b64decode(body) if "base64" in parameters else urllib.parse.unquote_to_bytes(body)
    name = f"img/{hashlib.sha256(raw).hexdigest()[:12]}.{'svg' if 'svg' in kind else kind.rsplit('/', 1)[-1]}"
    (folder / "img").mkdir(exist_ok=True)
    (folder / name).write_bytes(raw)
    return f'url("{name}")'


def strokes(svg: str) -> str:
    """What stands between <svg …> and </svg>, in one line."""
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return re.sub(r"\s+", " ", inner).strip()


if __name__ == "__main__":
    main()
