"""The store of files under DATA/files: random names, whole or not at all.

A file is written beside its place, forced to disk and renamed, so that a crash or a full disk leaves nothing half-saved.
Names are random: who knows one file's name learns nothing of another. What a file means is known to the room that keeps
its name.
"""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Unavailable
from pianqu.foundation.installation import installation

_NAME = re.compile(r"[0-9a-f]{32}")
PAGE = 200
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def keep(content: bytes) -> str:
    """Store the content durably; answers its name. Raises Unavailable, with nothing left behind, when it cannot."""
    name = secrets.token_hex(16)
    place = _place(name)
    fresh = place.with_suffix(".new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(fresh, content)
        fresh.replace(place)
        _force(place.parent)
    except OSError as error:
        _drop(fresh)
        _drop(place)
        raise _cannot(error) from error
    return name


def read(name: str) -> bytes:
    """The content again. Raises Absent when there is no such file (it was erased, or the store was not restored)."""
    try:
        return _place(name).read_bytes()
    except OSError as error:
        raise Absent("file-absent", _("This file is not in the store any more.")) from error


def remove(name: str) -> None:
    """Destroy a file for good; harmless to repeat."""
    _drop(_place(name))


def kept_before(moment: datetime) -> Iterator[list[str]]:
    """Names of the files that were stored before the moment, by the hundred, and half-written ones removed."""
    names: list[str] = []
    for path in installation().files.glob("??/??/*"):
        if path.stat().st_mtime >= moment.timestamp():
            continue
        if path.suffix == ".new":
            _drop(path)
        elif _NAME.fullmatch(path.name):
            names.append(path.name)
        if len(names) == PAGE:
            yield names
            names = []
    yield names


def _place(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise Absent("file-absent", _("This file is not in the store any more."))
    return installation().files / name[:2] / name[2:4] / name


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _force(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)


def _cannot(error: OSError) -> Unavailable:
    if error.errno in _FULL:
        return Unavailable(
            "disk-full",
            _("The disk is full, so nothing was saved. What you typed is still on this page: try again later."),
        )
    return Unavailable(
        "files-unwritable",
        _(
            "Files cannot be saved just now, so nothing was saved. What you typed is still on this page: try again later."
        ),
    )
