"""Programs that others wrote, from npm, run in a real node: fetched by name at exact versions, checked, never committed."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

MISSING = "no node and npm found; Debian: apt install nodejs npm"


def installed(packages: Mapping[str, str], folder: Path) -> Path:
    """A folder in which node finds these packages. `packages`: name@version → checksum (SHA-512, as npm writes it).

    The list is whole: a package that wants others which are not in it fails. No package's own scripts run.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(MISSING)
    (folder / "package.json").write_text('{"private": true}')
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error"]
    subprocess.run(["npm", "install", *quiet, *packages], cwd=folder, check=True, timeout=120, capture_output=True)
    there = json.loads((folder / "node_modules" / ".package-lock.json").read_text())["packages"]
    found = {f"{path.removeprefix('node_modules/')}@{one['version']}": one["integrity"] for path, one in there.items()}
    assert found == packages, "npm gave other packages than the listed ones"
    return folder


def run(folder: Path, script: str, given: object) -> list[str]:
    """What the script (CommonJS) prints, line by line, for what it reads as JSON on its input."""
    ended = subprocess.run(
        ["node", "-e", script], cwd=folder, input=json.dumps(given), capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()
