"""`pianqu bench locate`: to which cell points belong, over the demo's grid in a throwaway installation."""

import os
import tempfile
from importlib import import_module

from pianqu.composition.bench.report import finish, options
from pianqu.composition.prepare import prepare


def main(argv: list[str]) -> int:
    """Measure in a data folder of its own."""
    asked = options("locate", "Points to cells of the grid, by date 坐标定位到网格测速。").parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PIANQU_DATA"] = f"{folder}/data"
        os.environ["PIANQU_DATABASE"] = ""
        os.environ.pop("PIANQU_KEYS", None)
        prepare(empty=True)
        found = import_module("pianqu.composition.bench.locate").measure(quick=asked.quick)
        return finish(asked, "Points to cells of the grid", found)
