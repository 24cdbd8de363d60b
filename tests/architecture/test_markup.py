"""Markup that the strict policy would block, and Chinese that is missing, are found before a browser is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "src").rglob("templates/**/*.html"))
FORBIDDEN = re.compile(
    r"""<[^>]*\s(?:style|on[a-z]+)\s*=|<script(?![^>]*\b(?:src|type=["']application/json))|javascript:""", re.IGNORECASE
)
NOT_FOR_THE_SERVER = {"verify.html"}
"""The offline page works from disk, where no policy is sent; served, its policy carries the hashes of its parts."""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_no_inline_style_script_or_handler(path: Path) -> None:
    if path.name in NOT_FOR_THE_SERVER:
        return
    found = [match.group(0)[:80] for match in FORBIDDEN.finditer(path.read_text(encoding="utf-8"))]
    assert not found


def test_vendored_styles_hold_no_data_pictures_and_no_source_maps() -> None:
    for path in (ROOT / "src/pianqu/foundation/static/vendor").rglob("*"):
        if path.suffix in {".css", ".js", ".mjs"}:
            text = path.read_text(encoding="utf-8")
            assert "sourceMappingURL" not in text, path
            assert path.suffix != ".css" or not re.search(r"url\(\s*[\"']?data:", text), path


def test_every_sentence_has_its_chinese() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/messages.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_chinese_says_one_word_to_its_reader() -> None:
    """您, to residents and to staff; 你 stands in what people themselves said."""
    said = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "src").rglob("django*.po"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "你" in line
    ]
    assert not said
