"""A whole installation for the time of a test run or of taking pictures: own folder, own port, gone afterwards."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider.running import free_port

START_SECONDS = 40.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running installation."""

    url: str
    told: Mapping[str, str]
    """What the seed made: login, password, code, secret, case_id …"""
    log: Path


@contextmanager
def house(*, empty: bool, **settings: str) -> Iterator[House]:
    """Web and worker on a free port, with seeded data and these PIANQU_ variables; stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="pianqu-house-") as folder:
        environ = _environment(Path(folder)) | settings
        _run("pianqu.composition.prepare", ["--empty"], environ)
        told = json.loads(
            _run("pianqu.composition.screens.seed", ["--empty"] if empty else [], environ).splitlines()[-1]
        )
        log = Path(folder) / "server.log"
        with log.open("wb") as out:
            children = [_start(name, environ, out.fileno()) for name in ("web", "worker")]
            try:
                url = f"http://localhost:{environ['PIANQU_PORT']}"
                _wait(url, log)
                yield House(url=url, told={**told, "url": url}, log=log)
            finally:
                _stop(children)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIANQU_")}
    source = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
    own = {"PIANQU_DATA": str(folder / "data"), "PIANQU_PORT": str(free_port()), "PYTHONPATH": path}
    return kept | own | {"DJANGO_SETTINGS_MODULE": "pianqu.composition.settings"}


def _run(module: str, words: list[str], environ: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], env=environ, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr}")
    return done.stdout


def _start(name: str, environ: dict[str, str], out: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", f"pianqu.composition.{name}"]
    return subprocess.Popen(words, env=environ, stdout=out, stderr=out, start_new_session=True)


def _wait(url: str, log: Path) -> None:
    """Until the page answers and everything that the seed recorded is sealed."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/health/", timeout=2) as answer:
                if not json.load(answer)["waiting"]:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.2)
    raise RuntimeError(f"The house did not start:\n{log.read_text(errors='replace')}")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
