"""A witness or a mirror that waits half a second where others wait ten: `-m tests.platform.impatient WHAT FOLDER PORT`."""

import importlib
import os
import sys

from pianqu.composition.mirror.app import BROUGHT
from pianqu.composition.outsider.receiving import Receiving
from pianqu.composition.web import serve_patient

PATIENCE = 0.5


def __getattr__(name: str) -> Receiving:
    """What granian loads in the process that serves."""
    what = os.environ.get("PIANQU_TEST_WHAT")
    if name != "application" or not what:
        raise AttributeError(name)
    app = importlib.import_module(f"pianqu.composition.{what}.app")
    return Receiving(app.begun(), streams=[BROUGHT], patience=PATIENCE)


if __name__ == "__main__":
    kind, folder, port = sys.argv[1:]
    os.environ.update({"PIANQU_TEST_WHAT": kind, f"PIANQU_{kind.upper()}": folder, "PIANQU_MIRROR_EVERY": "60"})
    serve_patient("tests.platform.impatient:application", bind="127.0.0.1", port=int(port), patience=PATIENCE)
