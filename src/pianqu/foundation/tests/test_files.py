"""The file store: whole or not at all."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pianqu.foundation import files
from pianqu.foundation.errors import Absent, Unavailable
from pianqu.foundation.installation import installation


@pytest.fixture
def store() -> Iterator[Path]:
    yield installation().files


def everything(store: Path) -> set[Path]:
    return {path for path in store.rglob("*") if path.is_file()}


def test_a_file_is_kept_read_and_destroyed(store: Path) -> None:
    name = files.keep(b"picture")
    assert files.read(name) == b"picture"
    assert files.keep(b"picture") != name
    files.remove(name)
    files.remove(name)
    with pytest.raises(Absent):
        files.read(name)


@pytest.mark.parametrize("name", ["../../keys/log.key", "", "x" * 32, "/etc/passwd", "0" * 31, "0" * 33])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(Absent):
        files.read(name)


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EROFS, "files-unwritable")])
def test_a_full_disk_is_told_and_leaves_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def full(handle: int) -> None:
        raise OSError(number, "as if")

    before = everything(store)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable) as refusal:
        files.keep(b"picture")
    assert refusal.value.code == code
    assert everything(store) == before
