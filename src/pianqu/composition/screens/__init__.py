"""`pianqu screens`: pictures of every page: two widths, both languages, empty, full, wrong, dark, on paper; and checks."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

NO_PLAYWRIGHT = (
    "Pictures need Playwright, which is for developers: pip install playwright, and Chromium "
    "(Debian: apt install chromium-headless-shell fonts-noto-cjk).\n"
)


def main(argv: Sequence[str]) -> int:
    """Take the pictures; 1 when a check found something."""
    parser = argparse.ArgumentParser(
        prog="pianqu screens", description="A picture of every page, with checks. 给每个页面截图并检查。"
    )
    parser.add_argument("folder", nargs="?", default="screens", type=Path, help="where the pictures go 图片存放处")
    parser.add_argument("--only", default="", help="only pages whose name begins so 只截这些页面")
    asked = parser.parse_args(argv)
    if not find_spec("playwright"):
        sys.stderr.write(NO_PLAYWRIGHT)
        return 1
    return int(import_module("pianqu.composition.screens.taking").take(asked.folder, asked.only))
