"""A mirror's folder: its name, its key, the logs that it copies and where it gets them."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.following import Remote, Trouble
from pianqu.foundation.keys import write_once
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import NoteError, Verifier

KEY, SETTINGS, TABLES = "mirror.key", "mirror.json", "mirror.sqlite3"


@dataclass(frozen=True, slots=True)
class Known:
    """A log. Without an address it is only taken from who brings it."""

    verifier: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a mirror is."""

    folder: Path
    cosigner: Cosigner
    logs: tuple[Known, ...]
    beside: tuple[str, ...] = ()
    """Other mirrors and witnesses whose view of the logs is compared with this one's."""

    @property
    def tables(self) -> Path:
        return self.folder / TABLES

    def known(self) -> dict[str, list[Verifier]]:
        """The keys of each log by its origin: a log that changes its key has two for a while."""
        found: dict[str, list[Verifier]] = {}
        for log in self.logs:
            found.setdefault(log.verifier.name, []).append(log.verifier)
        return found

    def sources(self) -> dict[str, str]:
        """Where each log is got; the address that was named last for its origin."""
        return {log.verifier.name: log.url for log in self.logs if log.url}


def read(folder: Path) -> Home:
    """Raises Unavailable with a sentence for who runs it."""
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        seed = bytes.fromhex((folder / KEY).read_text(encoding="ascii").strip())
        if len(seed) != 32:
            raise ValueError("the key has not 32 bytes")
        return Home(
            folder=folder,
            cosigner=Cosigner.from_seed(settings["name"], seed),
            logs=tuple(Known(Verifier.from_vkey(log["vkey"]), str(log["from"])) for log in settings["logs"]),
            beside=tuple(_address(url) for url in settings.get("beside", [])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Trouble) as error:
        raise Unavailable(
            "mirror-unreadable",
            f"The mirror in {folder} cannot be read ({type(error).__name__}: {error}). Put back {KEY} and {SETTINGS} that "
            "belong together. Nothing was signed.",
        ) from error


def prepare(folder: Path, *, name: str, logs: Sequence[tuple[str, str]], beside: Sequence[str] = ()) -> Home:
    """Make a mirror on its first start, teach it more logs (public key, address), addresses and neighbours on later ones.

    Raises Invalid for a missing or other name, for what is no key of a log and for what is no address.
    """
    fresh = [_log(vkey, url) for vkey, url in logs]
    try:
        neighbours = [_address(url) for url in beside]
    except Trouble as error:
        raise Invalid("mirror-address", f"{error} Nothing was changed.") from error
    if folder.exists() and not folder.is_dir():
        raise Invalid("mirror-folder", f"{folder} is a file. Choose another folder with --folder. Nothing was changed.")
    there = (folder / SETTINGS).exists()
    if not there:
        _begin(folder, name)
    home = read(folder)
    if there and name and name != home.cosigner.name:
        raise Invalid(
            "mirror-name", f"This mirror is called {home.cosigner.name}; a name cannot be changed. Nothing was changed."
        )
    logs_now = {log.verifier: log for log in home.logs}
    for log in fresh:
        before = logs_now.pop(log.verifier, log)
        logs_now[log.verifier] = log if log.url else before
    all_beside = list(dict.fromkeys([*home.beside, *neighbours]))
    if (tuple(logs_now.values()), tuple(all_beside)) != (home.logs, home.beside):
        _keep(folder, home.cosigner.name, list(logs_now.values()), all_beside)
    return read(folder)


def _log(vkey: str, url: str) -> Known:
    try:
        if url:
            Remote(url)
        return Known(Verifier.from_vkey(vkey), url.rstrip("/"))
    except NoteError as error:
        raise Invalid("mirror-log", f"This is no public key of a log: {error}. Nothing was changed.") from error
    except Trouble as error:
        raise Invalid("mirror-address", f"{error} Nothing was changed.") from error


def _address(url: str) -> str:
    """Raises Trouble for what is none."""
    return Remote(url).url


def _begin(folder: Path, name: str) -> None:
    try:
        Cosigner.from_seed(name, bytes(32))
    except NoteError as error:
        raise Invalid("mirror-name", f"On its first start a mirror needs a name (--name): {error}.") from error
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_once(folder / KEY, secrets.token_hex(32))
    _keep(folder, name, [], [])


def _keep(folder: Path, name: str, logs: Sequence[Known], beside: Sequence[str]) -> None:
    rows = [{"vkey": log.verifier.vkey, "from": log.url} for log in logs]
    fresh = folder / f"{SETTINGS}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"name": name, "logs": rows, "beside": list(beside)}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / SETTINGS)
