"""Keys on disk: made once, readable by their owner only, never copied into a backup."""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation

LOG_KEY = "log.key"
FIELD_RING = "fields.json"
SESSION_SECRET = "session.secret"


@dataclass(frozen=True, slots=True)
class Keys:
    """The three secrets of an installation."""

    log_seed: bytes
    """Ed25519 seed of the ledger, 32 bytes."""
    field_ring: dict[str, bytes]
    """AES-256 keys by name; the last named is used for new values."""
    session_secret: str


def make_keys(folder: Path) -> None:
    """Create whatever key does not exist yet in `folder` (0700), each file 0600. Existing keys are never touched."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_once(folder / LOG_KEY, secrets.token_hex(32))
    write_once(folder / FIELD_RING, json.dumps({"k1": secrets.token_hex(32)}))
    write_once(folder / SESSION_SECRET, secrets.token_urlsafe(48))


def write_once(path: Path, text: str) -> None:
    """The file appears whole or not at all, readable by its owner only, and never in place of another."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()


def read_keys(folder: Path) -> Keys:
    """Read all keys. Raises Unavailable with the sentence for the operator when one is missing or broken."""
    try:
        ring = json.loads((folder / FIELD_RING).read_text())
        keys = Keys(
            log_seed=bytes.fromhex((folder / LOG_KEY).read_text().strip()),
            field_ring={name: bytes.fromhex(value) for name, value in ring.items()},
            session_secret=(folder / SESSION_SECRET).read_text().strip(),
        )
    except (OSError, ValueError, AttributeError) as error:
        raise Unavailable(
            "keys-unreadable",
            f"The keys in {folder} cannot be read ({type(error).__name__}). Put back the key folder that belongs to this "
            "data folder, or set PIANQU_KEYS to where it is. Nothing was changed.",
        ) from error
    if len(keys.log_seed) != 32 or not keys.field_ring or any(len(key) != 32 for key in keys.field_ring.values()):
        raise Unavailable("keys-broken", f"A key in {folder} has the wrong length. Put back the right key folder.")
    return keys


@lru_cache(maxsize=1)
def keys() -> Keys:
    """The keys of this installation."""
    return read_keys(installation().keys)
