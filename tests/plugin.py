"""Loaded before Django's settings (pytest -p): every test process gets a data folder and keys of its own."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

from pianqu.foundation.catalogues import compile_catalogues
from pianqu.foundation.keys import make_keys

_folder = tempfile.mkdtemp(prefix="pianqu-tests-")
os.environ["PIANQU_DATA"] = f"{_folder}/data"
os.environ.pop("PIANQU_KEYS", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "pianqu.composition.settings"
gc.set_threshold(50_000, 20, 100)
compile_catalogues()
make_keys(Path(_folder) / "data" / "keys")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)


def pytest_collection_finish() -> None:
    """All that has been imported stays: the collector need not walk through it again and again (a fifth of the time)."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown() -> None:
    """A request in English leaves its language behind in this thread: the next test begins in the installation's own."""
    from django.utils import translation

    translation.deactivate()
