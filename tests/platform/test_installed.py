"""Commands that change an installation find it, or change nothing."""

from pathlib import Path

import pytest

from tests.platform.houses import run


@pytest.mark.parametrize("name", ["rotate-key", "catch-up", "chain-key", "declare-dead --reason lost"])
def test_a_folder_without_an_installation_stays_as_it_is(tmp_path: Path, name: str) -> None:
    """By option and by variable; the option wins."""
    (tmp_path / "mistyped").mkdir()
    for data, more in ((tmp_path / "other", ["--data", str(tmp_path / "mistyped")]), (tmp_path / "mistyped", [])):
        done = run(data, *name.split(), *more)
        assert done.returncode == 2 and f"no installation in {tmp_path / 'mistyped'}." in done.stderr, done.stderr
        assert "什么都没有改动" in done.stderr and not done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["mistyped"]
    assert not list((tmp_path / "mistyped").iterdir())
