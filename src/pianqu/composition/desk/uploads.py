"""A list that somebody sent with a form, on the disk for as long as it is read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.http import HttpRequest
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid


@contextmanager
def sent_list(request: HttpRequest, *, missing: str, largest: int) -> Iterator[tuple[Path, str]]:
    """The file of the field `list` in a folder of its own, and its name without the ending.

    Raises Invalid with `missing` where no file was sent, and for one of more than `largest` bytes.
    """
    sent = request.FILES.get("list")
    if sent is None or not sent.name:
        raise Invalid("list-missing", missing)
    if (sent.size or 0) > largest:
        raise Invalid("list-large", _("This file is too large: at most %(size)s MB.") % {"size": largest // 1_000_000})
    name = Path(sent.name).name[-80:].replace("\x00", "")
    with tempfile.TemporaryDirectory(prefix="pianqu-list-") as folder:
        path = Path(folder) / f"list{Path(name).suffix.lower()}"
        with path.open("wb") as file:
            for chunk in sent.chunks():
                file.write(chunk)
        yield path, Path(name).stem
