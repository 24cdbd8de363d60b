"""Large files that are written piece by piece under DATA/exports: whole under their name, or not there at all.

While one grows its name ends in `.part`, which no door opens. It is forced to disk and renamed once it is whole. It never
takes the last room on the disk: the database lives there too.
"""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.http import FileResponse
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Unavailable
from pianqu.foundation.installation import installation

RESERVE = 500_000_000
"""Bytes that stay free on the disk."""
_NAME = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}\.[a-z]{3,8}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Growing:
    """One file that is being written. Raises Unavailable where it cannot be begun or kept."""

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError("no name of an export")
        self.name = name
        self._place = _folder() / name
        self._part = self._place.with_name(f"{name}.part")
        try:
            self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.check_room()
            self.file: BinaryIO = open(self._part, "xb", opener=_private)  # noqa: SIM115 - it stays open
        except OSError as error:
            raise cannot(error) from error

    def check_room(self) -> None:
        """Raise OSError where the disk has no room left but what is kept back."""
        if shutil.disk_usage(self._place.parent).free < RESERVE:
            raise OSError(errno.ENOSPC, "the last room on the disk is kept back")

    def keep(self) -> int:
        """The file is whole: it gets its name. Answers its size in bytes."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self._part.replace(self._place)
        handle = os.open(self._place.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return self._place.stat().st_size

    def drop(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):
            self.file.close()
        self._part.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _folder() -> Path:
    return installation().exports


def open_whole(name: str) -> BinaryIO:
    """The file to be read. Raises Absent where there is none (any more)."""
    try:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError
        return (_folder() / name).open("rb")
    except OSError as error:
        raise Absent("file-absent", _("This file is not in the store any more.")) from error


def answer(name: str, *, called: str, media_type: str) -> FileResponse:
    """The whole file as an answer, read while it is sent. Raises Absent."""
    whole = FileResponse(open_whole(name), as_attachment=True, filename=called, content_type=media_type)
    whole["Cache-Control"] = "no-store"
    return whole


def remove(name: str) -> None:
    """Destroy a whole file for good; harmless to repeat."""
    if _NAME.fullmatch(name):
        (_folder() / name).unlink(missing_ok=True)


def last_written_before(moment: datetime) -> Iterator[str]:
    """Names of files, whole or growing, that nobody wrote to since the moment."""
    for path in _folder().glob("*") if _folder().is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < moment.timestamp():
                yield path.name


def sweep(name: str) -> None:
    """Destroy a file that `last_written_before` named."""
    if _NAME.fullmatch(name.removesuffix(".part")):
        (_folder() / name).unlink(missing_ok=True)


def cannot(error: OSError) -> Unavailable:
    """Why a file could not be written, for people."""
    code = "disk-full" if error.errno in _FULL else "files-unwritable"
    return Unavailable(code, _("The file could not be written. Please try again later."))
