"""`pianqu test` and `pianqu check`: every part in turn, a table at the end, each skip named with what to install."""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from pianqu.composition.throwaway import find_programs, postgresql
from pianqu.foundation.keys import make_keys

HOME = Path(__file__).resolve().parents[4]
"""The folder that holds src, tests and pyproject.toml."""
REQUIRE = "PIANQU_TEST_REQUIRE"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_TESTS = 5
"""Exit code of pytest that found nothing to run."""
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|error|errors)\b")
_FOLDERS_WITHOUT_DATABASE = ("src/pianqu/kernels", "tests/architecture", "tests/platform")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of check."""

    name: str
    words: tuple[str, ...]
    """Arguments for the Python of this program."""
    counts: bool = False
    """A pytest run: its output is shown as it comes and its numbers are added up."""
    missing: Callable[[], str] = lambda: ""
    """Why it cannot run here and what to install, or nothing."""
    on_postgresql: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How one part went."""

    part: Part
    outcome: str
    seconds: float
    note: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def _pytest(*words: str) -> tuple[str, ...]:
    """On all processors, up to four; who has nothing left takes from the others' share."""
    return ("-m", "pytest", "-n", str(min(4, max(2, os.cpu_count() or 2))), "--dist", "worksteal", *words)


def _no_initdb() -> str:
    return "" if find_programs() else "no initdb found; Debian: apt install postgresql"


def _no_browser() -> str:
    there = any(shutil.which(name) for name in BROWSERS)
    return "" if there else "no Chromium found; Debian: apt install chromium-headless-shell fonts-noto-cjk libatomic1"


_LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
_NOT_THERE = tuple(f"--ignore={folder}" for folder in _FOLDERS_WITHOUT_DATABASE)
STATIC = (
    Part("format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    Part("lint", ("-m", "ruff", "check", "--quiet", ".")),
    Part("types", ("-m", "mypy", "--no-error-summary")),
    Part("messages", ("tools/messages.py", "--check")),
    Part("contracts", ("-c", _LINT_IMPORTS, "--no-logo")),
)
FAST = (
    Part("architecture", ("-m", "pytest", "tests/architecture"), counts=True),
    Part(
        "SQLite", _pytest("-m", "not browser and not postgres and not slow", "--ignore=tests/architecture"), counts=True
    ),
)
FULL = (
    FAST[0],
    Part("SQLite", _pytest("-m", "not browser and not postgres", "--ignore=tests/architecture"), counts=True),
    Part(
        "PostgreSQL",
        _pytest("-m", "not browser and not sqlite", *_NOT_THERE),
        counts=True,
        missing=_no_initdb,
        on_postgresql=True,
    ),
    Part("browser", _pytest("-m", "browser", "tests/browser"), counts=True, missing=_no_browser),
)


def check(argv: Sequence[str]) -> int:
    """The fast part."""
    parser = argparse.ArgumentParser(
        prog="pianqu check",
        description="Format, lint, types, contracts, architecture and the fast tests on SQLite. 快速检查。",
    )
    parser.parse_args(argv)
    return _run((*STATIC, *FAST))


def test(argv: Sequence[str]) -> int:
    """Everything."""
    names = [part.name for part in (*STATIC, *FULL)]
    parser = argparse.ArgumentParser(
        prog="pianqu test",
        description="Every check and test; on PostgreSQL and in a browser too where they are found. 全部检查与测试。 "
        f"{REQUIRE}=all turns skips into failures.",
    )
    parser.add_argument("--only", choices=names, action="append", help="only this part, may be repeated 只跑这一项")
    asked = parser.parse_args(argv)
    return _run(tuple(part for part in (*STATIC, *FULL) if not asked.only or part.name in asked.only))


test.__test__ = False  # type: ignore[attr-defined]  # pytest must not take it for a test


def _run(parts: Sequence[Part]) -> int:
    signal.signal(signal.SIGTERM, _stop)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="pianqu-check-") as folder:
        make_keys(Path(folder) / "keys")
        for part in parts:
            results.append(_run_part(part, _environment(folder)))
    return _report(results)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _environment(folder: str) -> dict[str, str]:
    """This process's variables without the operator's settings: tests meet the defaults.

    Where Python may not write its bytecode beside the source, it writes it into `folder`: the many programs that the tests
    start need not compile the house each time.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIANQU_") or name == REQUIRE}
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
    path = os.pathsep.join(filter(None, [str(HOME / "src"), os.environ.get("PYTHONPATH", "")]))
    return kept | {"PIANQU_DATA": folder, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "pianqu.composition.settings"}


def _run_part(part: Part, environ: dict[str, str]) -> Result:
    if reason := part.missing():
        _say(f"── {part.name}: {_outcome_of_a_skip()}, {reason}")
        return Result(part, _outcome_of_a_skip(), 0.0, reason)
    _say(f"── {part.name} …")
    started = time.monotonic()
    with _database(part) as url:
        done = _execute(part, environ | ({"PIANQU_DATABASE": url} if url else {}))
    return replace(done, seconds=time.monotonic() - started)


@contextlib.contextmanager
def _database(part: Part) -> Iterator[str]:
    if not part.on_postgresql:
        yield ""
        return
    with postgresql(fsync="off", full_page_writes="off") as url:  # it need not outlive the machine
        yield url


def _execute(part: Part, environ: dict[str, str]) -> Result:
    lines: list[str] = []
    command = [sys.executable, *part.words]
    with subprocess.Popen(
        command,
        cwd=HOME,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                if part.counts:
                    sys.stdout.write(line)
                    sys.stdout.flush()
        except BaseException:  # Ctrl-C or TERM: the database of this part goes next
            process.terminate()
            raise
    if process.returncode and not part.counts:
        _say("".join(lines))
    if part.counts and process.returncode == NO_TESTS:
        return Result(part, _outcome_of_a_skip(), 0.0, "there are no such tests")
    counts = _counts(lines) if part.counts else {}
    outcome = "passed" if process.returncode == 0 else "failed"
    return Result(part, outcome, 0.0, _closing(lines) if part.counts else "", counts)


def _outcome_of_a_skip() -> str:
    return "failed" if os.environ.get(REQUIRE) == "all" else "skipped"


def _closing(lines: Sequence[str]) -> str:
    return next((line.strip(" =\n") for line in reversed(lines) if _COUNT.search(line)), "no tests ran")


def _counts(lines: Sequence[str]) -> dict[str, int]:
    return {word.removesuffix("s"): int(number) for number, word in _COUNT.findall(_closing(lines))}


def _report(results: Sequence[Result]) -> int:
    """The table, the skips, and one closing line with the sum."""
    _say("\npart           outcome   seconds")
    for result in results:
        _say(f"{result.part.name:<14} {result.outcome:<9} {result.seconds:7.1f}  {result.note}")
    passed, failed = _sum(results, "passed"), _sum(results, "failed") + _sum(results, "error")
    bad = [result for result in results if result.outcome == "failed"]
    failed += sum(1 for result in bad if not result.counts.get("failed", 0) + result.counts.get("error", 0))
    skipped = _sum(results, "skipped") + sum(1 for result in results if result.outcome == "skipped")
    _say(f"\n{passed} passed, {failed} failed, {skipped} skipped in {sum(r.seconds for r in results):.0f} s")
    return 1 if bad else 0


def _sum(results: Sequence[Result], word: str) -> int:
    """Tests with this outcome; a part that is no pytest run counts as one."""
    tests = sum(result.counts.get(word, 0) for result in results)
    return tests + sum(1 for result in results if word == "passed" == result.outcome and not result.part.counts)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
