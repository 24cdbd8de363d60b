"""Keys: made once, private, and missing ones are said."""

from pathlib import Path

import pytest

from pianqu.foundation.errors import Unavailable
from pianqu.foundation.keys import LOG_KEY, make_keys, read_keys


def test_made_once_and_kept(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    first = read_keys(tmp_path / "keys")
    make_keys(tmp_path / "keys")
    assert read_keys(tmp_path / "keys") == first


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()} == {0o600}


@pytest.mark.parametrize("broken", ["", "zz", "00" * 31])
def test_a_broken_key_gives_a_sentence(tmp_path: Path, broken: str) -> None:
    make_keys(tmp_path)
    (tmp_path / LOG_KEY).write_text(broken)
    with pytest.raises(Unavailable, match="key"):
        read_keys(tmp_path)


def test_a_missing_folder_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="PIANQU_KEYS"):
        read_keys(tmp_path / "nowhere")
