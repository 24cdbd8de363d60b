"""Keys on disk: made once, readable by their owner only, never copied into a backup."""

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation

LOG_KEY = "log.key"
"""The ledger's first key; those that come after it are called log-2.key, log-3.key, …"""
GM_KEY = "gm.key"
"""The first SM2 key of the ledger's twin; those that come after it are called gm-2.key, gm-3.key, …"""
_LATER = re.compile(r"log-([1-9][0-9]{0,5})\.key")
_LATER_GM = re.compile(r"gm-([1-9][0-9]{0,5})\.key")
_EVM_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
EVM_KEY = "evm.key"
"""The key of the account that anchors the ledger on a chain; there is one only where the operator made or brought it."""
FIELD_RING = "fields.json"
SESSION_SECRET = "session.secret"


@dataclass(frozen=True, slots=True)
class Keys:
    """The three secrets of an installation."""

    log_seeds: dict[int, bytes]
    """Ed25519 seeds of the ledger that lie there, 32 bytes each, by their numbers, the oldest first."""
    field_ring: dict[str, bytes]
    """AES-256 keys by name; the last named is used for new values."""
    session_secret: str

    @property
    def log_seed(self) -> bytes:
        """The oldest that is there."""
        return next(iter(self.log_seeds.values()))


def log_key_name(number: int) -> str:
    """The file of the ledger's key of this number, from 1 on."""
    return LOG_KEY if number == 1 else f"log-{number}.key"


def log_seed_of(folder: Path, number: int) -> bytes | None:
    """The seed in the file of this number as it is now; None where there is none."""
    return read_keys(folder).log_seeds.get(number)


def has_keys(folder: Path) -> bool:
    """Whether a key of a ledger and the field keys lie there. The file of a key that signs no more may be destroyed."""
    return bool(_log_keys(folder)) and (folder / FIELD_RING).exists()


def _log_keys(folder: Path) -> dict[int, Path]:
    """The files of the ledger's keys by their numbers, the oldest first."""
    later = {int(found[1]): path for path in folder.glob("log-*.key") if (found := _LATER.fullmatch(path.name))}
    first = {1: folder / LOG_KEY} if (folder / LOG_KEY).exists() else {}
    return first | dict(sorted(later.items()))


def make_log_key(folder: Path, number: int) -> None:
    """Another key of the ledger beside those that are there; one of this number that is there already stays."""
    write_once(folder / log_key_name(number), secrets.token_hex(32))
    keys.cache_clear()


def gm_key_name(number: int) -> str:
    """The file of the twin's key of this number, from 1 on."""
    return GM_KEY if number == 1 else f"gm-{number}.key"


def last_gm_key(folder: Path) -> int:
    """The highest number of a key of the twin that lies there; 0 where none does."""
    later = [int(found[1]) for path in folder.glob("gm-*.key") if (found := _LATER_GM.fullmatch(path.name))]
    return max([*later, int((folder / GM_KEY).exists())])


def make_gm_key(folder: Path, number: int, pair: bytes) -> None:
    """Keep a pair of SM2 keys as the twin's key of this number; one that is there already stays."""
    write_once(folder / gm_key_name(number), pair.hex())


def gm_pair(folder: Path, number: int) -> bytes | None:
    """The pair in the file of this number as it is now; None where there is none. Raises Unavailable where it is broken."""
    path = folder / gm_key_name(number)
    try:
        return bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unavailable(
            "keys-unreadable",
            f"The key in {path} cannot be read ({type(error).__name__}). Put back the right key folder.",
        ) from error


def evm_key(folder: Path) -> bytes | None:
    """The key of the account on a chain as it is now; None where there is none. Raises Unavailable for what is none."""
    try:
        text = (folder / EVM_KEY).read_text().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("keys-unreadable", f"{folder / EVM_KEY} cannot be read ({type(error).__name__}).") from error
    if not _EVM_KEY.fullmatch(text):
        raise Unavailable(
            "keys-broken", f"{folder / EVM_KEY} holds no key: 64 digits from 0 to f, 0x before them or not."
        )
    return bytes.fromhex(text.removeprefix("0x"))


def make_evm_key(folder: Path, text: str) -> bool:
    """Put the account's key there, the one that is brought or, for an empty text, a new one; answers whether it did.

    One that is there already stays. Raises Unavailable for a text that is no key.
    """
    key = text.strip().removeprefix("0x") or secrets.token_hex(32)
    if not _EVM_KEY.fullmatch(key):
        raise Unavailable(
            "keys-broken", "This is no key: 64 digits from 0 to f, 0x before them or not. Nothing was changed."
        )
    if (folder / EVM_KEY).exists():
        return False
    write_once(folder / EVM_KEY, key.lower())
    return True


def make_keys(folder: Path) -> None:
    """Create whatever key does not exist yet in `folder` (0700), each file 0600. Existing keys are never touched."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not _log_keys(folder):
        write_once(folder / LOG_KEY, secrets.token_hex(32))
    write_once(folder / FIELD_RING, json.dumps({"k1": secrets.token_hex(32)}))
    write_once(folder / SESSION_SECRET, secrets.token_urlsafe(48))


def write_once(path: Path, text: str) -> None:
    """The file appears whole or not at all, readable by its owner only, never in place of another, and lasts."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        if os.geteuid() == 0:  # the program itself may run as the folder's owner
            owner = path.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_keys(folder: Path) -> Keys:
    """Read all keys. Raises Unavailable with the sentence for the operator when one is missing or broken."""
    try:
        ring = json.loads((folder / FIELD_RING).read_text())
        keys = Keys(
            log_seeds={number: bytes.fromhex(path.read_text().strip()) for number, path in _log_keys(folder).items()},
            field_ring={name: bytes.fromhex(value) for name, value in ring.items()},
            session_secret=(folder / SESSION_SECRET).read_text().strip(),
        )
    except (OSError, ValueError, AttributeError) as error:
        raise Unavailable(
            "keys-unreadable",
            f"The keys in {folder} cannot be read ({type(error).__name__}). Put back the key folder that belongs to this "
            "data folder, or set PIANQU_KEYS to where it is. Nothing was changed.",
        ) from error
    if not keys.log_seeds:
        raise Unavailable("keys-unreadable", f"No key of the ledger lies in {folder}. Put back the right key folder.")
    if (
        any(len(seed) != 32 for seed in keys.log_seeds.values())
        or not keys.field_ring
        or any(len(key) != 32 for key in keys.field_ring.values())
    ):
        raise Unavailable("keys-broken", f"A key in {folder} has the wrong length. Put back the right key folder.")
    return keys


@lru_cache(maxsize=1)
def keys() -> Keys:
    """The keys of this installation."""
    return read_keys(installation().keys)
