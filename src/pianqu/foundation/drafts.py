"""Photos of a form that was not accepted yet: kept for two hours, so that nobody has to pick them twice.

They were made anew before they come here (foundation.photos). Who knows a form's unguessable key may have its photos.
Nothing here is a record: a full store or an old draft is simply not there, and the sender picks again.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from pianqu.foundation.installation import installation
from pianqu.foundation.photos import SafePhoto

LIFE = timedelta(hours=2)
MOST = 400
"""Forms whose photos are kept at the same time; one more is not kept."""


def keep(key: str, photos: Sequence[SafePhoto], *, now: datetime) -> bool:
    """Keep these photos, and only these, under the form's key. False when that was not possible; never raises for it."""
    folder = _folder(key)
    try:
        sweep(now)
        shutil.rmtree(folder, ignore_errors=True)
        if not photos:
            return True
        if sum(1 for _other in folder.parent.iterdir()) >= MOST:
            return False
        folder.mkdir(parents=True)
        for order, photo in enumerate(photos):
            (folder / f"{order}-{photo.width}-{photo.height}.jpg").write_bytes(photo.content)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return False
    return True


def load(key: str) -> tuple[SafePhoto, ...]:
    """The photos kept under the key, in their order; none when they were too old."""
    try:
        files = sorted(_folder(key).glob("*.jpg"), key=lambda file: int(file.stem.split("-")[0]))
        return tuple(_read(file) for file in files)
    except OSError:
        return ()


def _read(file: Path) -> SafePhoto:
    _order, width, height = file.stem.split("-")
    return SafePhoto(content=file.read_bytes(), media_type="image/jpeg", width=int(width), height=int(height))


def _folder(key: str) -> Path:
    name = sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:40]
    return installation().data / "drafts" / name


def sweep(now: datetime) -> None:
    """Remove the photos of forms that nobody came back to."""
    place = installation().data / "drafts"
    place.mkdir(parents=True, exist_ok=True)
    for folder in place.iterdir():
        age = now.timestamp() - folder.stat().st_mtime
        if abs(age) > LIFE.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
