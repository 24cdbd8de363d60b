"""Where a measurement happens: an installation of its own, thrown away, or kept in a folder for the next one."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pianqu.composition.prepare import prepare
from pianqu.composition.throwaway import postgresql

SERVER = {
    "shared_buffers": "2GB",
    "effective_cache_size": "12GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
    "max_locks_per_transaction": "128",
}
"""What docs/guides/operator names for a server of this size; for a kept one."""


@contextmanager
def installation(db: str, kept: Path | None, *, tuned: bool = False) -> Iterator[Path]:
    """Environment and prepared data of an empty installation; answers its folder. `tuned`: as docs/guides/operator asks for."""
    with ExitStack() as stack:
        folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder = folder.resolve()
        os.environ["PIANQU_DATA"] = f"{folder}/data"
        os.environ.pop("PIANQU_KEYS", None)
        os.environ["PIANQU_DATABASE"] = ""
        if db == "postgres":
            options = SERVER if tuned or kept else {}
            server = postgresql(folder / "postgresql" if kept else None, **options)
            os.environ["PIANQU_DATABASE"] = stack.enter_context(server)
        prepare(empty=True)
        yield folder


class Filled:
    """What a kept installation holds already, and what was measured at its smaller sizes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filled.json"
        self._kept: dict[str, Any] = {"rows": 0, "seconds": 0.0, "sizes": {}}
        if self._path.exists():
            self._kept |= json.loads(self._path.read_text())

    @property
    def rows(self) -> int:
        return int(self._kept["rows"])

    @property
    def seconds(self) -> float:
        return float(self._kept["seconds"])

    @property
    def sizes(self) -> dict[int, dict[str, float]]:
        return {int(rows): figures for rows, figures in self._kept["sizes"].items()}

    def grew(self, *, rows: int, seconds: float) -> None:
        self._kept |= {"rows": self.rows + rows, "seconds": self.seconds + seconds}
        self._write()

    def measured(self, rows: int, figures: dict[str, float]) -> None:
        self._kept["sizes"][str(rows)] = figures
        self._write()

    def _write(self) -> None:
        self._path.write_text(json.dumps(self._kept, indent=1))
