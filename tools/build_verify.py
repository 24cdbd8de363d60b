"""Build the offline check: one HTML file that needs no server, from tools/verify and the vendored libraries.

For developers only (Linux on x86-64, with src on the path): the result is committed, users need no node. esbuild comes by
`npm pack` at the version and checksum below, into a temporary folder. The page's own content security policy names its
script and style by checksum; only the configuration (policy, names) is filled in later, and that is data, not script.
"""

import json
import re
import subprocess
import tempfile
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from vendor import fetch

from pianqu.kernels.shortening import WORDS

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "verify"
VENDOR = HERE.parent / "src/pianqu/foundation/static/vendor"
TARGET = HERE.parent / "src/pianqu/rooms/ledger/static/ledger/verify.html"
ESBUILD = "@esbuild/linux-x64"
VERSION = "0.28.2"
INTEGRITY = "sha512-4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ=="
LICENCES = (
    "noble-ed25519",
    "noble-hashes",
    "noble-curves",
    "noble-post-quantum",
    "fflate",
    "jsqr",
    "sm-crypto",
    "jsbn",
)


def main() -> None:
    """Write verify.html."""
    with tempfile.TemporaryDirectory() as folder:
        script, style = bundled(Path(folder))
    parts = {
        "js": script,
        "css": style,
        "script": checksum(script),
        "style": checksum(style),
        "configuration": "@configuration@",
    }
    page = (SOURCE / "page.html").read_text(encoding="utf-8")
    page = re.sub(r"@icon:([\w-]+)@", lambda match: drawn(match[1]), page)
    page = re.sub(r"@(js|css|script|style|configuration)@", lambda match: parts[match[1]], page)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(page, encoding="utf-8")
    (TARGET.parent / "NOTICE.md").write_text(notice(), encoding="utf-8")


def bundled(folder: Path) -> tuple[str, str]:
    """Script and style, each in one piece without comments and line breaks that nobody needs."""
    fetch({"name": ESBUILD, "version": VERSION, "integrity": INTEGRITY}, folder)
    words = json.dumps(WORDS.decode("ascii"))
    tool = str(folder / "package/bin/esbuild")
    common = ["--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning"]
    script = subprocess.run(
        [
            tool,
            str(SOURCE / "page.js"),
            "--bundle",
            "--format=iife",
            "--target=es2022",
            f"--define:DICTIONARY={words}",
            *common,
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    style = subprocess.run(
        [tool, str(SOURCE / "style.css"), *common], check=True, capture_output=True, text=True
    ).stdout
    if "</script" in script or "</style" in style:
        raise SystemExit("a bundled file would end its own element")
    return script, style


def checksum(text: str) -> str:
    """As a content security policy writes it."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def drawn(name: str) -> str:
    """One outline icon."""
    strokes = json.loads((VENDOR / "icons/icons.json").read_text())[name]
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{strokes}</svg>'


def notice() -> str:
    """Whose work the page holds."""
    licences = [f"## {name}\n\n{(VENDOR / name / 'LICENSE').read_text(encoding='utf-8')}" for name in LICENCES]
    return "verify.html holds, in minified form, these libraries; versions stand in tools/vendor.toml.\n\n" + "\n".join(
        licences
    )


if __name__ == "__main__":
    main()
