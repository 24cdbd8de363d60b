"""What holds for the whole repository: no registry, no machine, no dependency without its lock, no stale page."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from pianqu.composition.cli import COMMANDS, help_text
from tests.architecture.source import PROJECT

REGISTRIES = tuple(".".join(parts) for parts in (("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs")))
MACHINES = re.compile(r"(?<![\w./-])/(?:work|root)/\w")
VENDORED = "/static/vendor/"


def tracked() -> list[Path]:
    """The files that are or will be committed; all files where git is missing."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.fail(f"git cannot list the files: {listed.stderr.strip()}")
    return [path for name in listed.stdout.splitlines() if (path := PROJECT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """Tracked files that are text."""
    found = []
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw[:4096]:
            found.append((path, raw.decode("utf-8", errors="replace")))
    return found


def test_no_file_names_a_registry_or_a_machine() -> None:
    bad = []
    for path, text in texts():
        bad += [f"{path}: {host}" for host in REGISTRIES if host in text]
        if VENDORED not in str(path):
            bad += [f"{path}: {found}" for found in MACHINES.findall(text)]
    assert not bad


def _plain(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


@pytest.mark.parametrize("name", ["run", "evm", "dev"])
def test_every_dependency_is_locked_with_hashes(name: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    more = {"run": [], "evm": extras["evm"], "dev": [*extras["evm"], *extras["dev"]]}
    wanted = [*project["dependencies"], *extras["postgres"], *more[name]]
    lock = (PROJECT / "requirements" / f"{name}.txt").read_text()
    pinned = {_plain(line) for line in lock.splitlines() if "==" in line}
    assert {_plain(requirement) for requirement in wanted} <= pinned
    assert lock.count("==") <= lock.count("--hash=sha256:")


def test_the_tests_use_the_versions_of_the_product() -> None:
    run, evm, dev = (
        set(re.findall(r"^\S+==\S+", (PROJECT / "requirements" / f"{name}.txt").read_text(), re.M))
        for name in ("run", "evm", "dev")
    )
    assert run <= evm <= dev


@pytest.mark.parametrize(
    "guide", sorted(PROJECT.glob("docs/guides/*/README.zh-CN.md")), ids=lambda path: path.parent.name
)
def test_both_languages_of_a_guide_name_the_same(guide: Path) -> None:
    """Options, files, addresses and numbers that are the same in every language: what one lacks was forgotten in it."""
    named = re.compile(
        r"--[a-z][a-z-]*|[a-z0-9*-]+\.(?:key|json|sqlite3|service|vkey)|\b[1-9][0-9]{2,}\b|/[a-z-]+(?:/[a-z-]*)+"
    )
    chinese, english = (set(named.findall(path.read_text())) for path in (guide, guide.with_name("README.md")))
    assert english == chinese


def test_help_names_every_command_in_both_languages() -> None:
    text = help_text()
    for name in ("up", "status", "test", "check", "django"):
        assert re.search(rf"^  {name} ", text, re.M)
        assert COMMANDS[name][2] in text
