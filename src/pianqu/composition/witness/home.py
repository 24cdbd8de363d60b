"""A witness's folder: its name, its key, the logs that it knows."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.keys import write_once
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import NoteError, Verifier

KEY, SETTINGS, TABLES = "witness.key", "witness.json", "witness.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a witness is."""

    folder: Path
    cosigner: Cosigner
    logs: tuple[Verifier, ...]

    @property
    def tables(self) -> Path:
        return self.folder / TABLES

    def known(self) -> dict[str, list[Verifier]]:
        """The keys of each log by its origin: a log that changes its key has two for a while."""
        found: dict[str, list[Verifier]] = {}
        for log in self.logs:
            found.setdefault(log.name, []).append(log)
        return found


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
            logs=tuple(Verifier.from_vkey(vkey) for vkey in settings["logs"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(
            "witness-unreadable",
            f"The witness in {folder} cannot be read ({type(error).__name__}: {error}). Put back {KEY} and {SETTINGS} that "
            "belong together. Nothing was signed.",
        ) from error


def prepare(folder: Path, *, name: str, logs: list[str]) -> Home:
    """Make a witness on its first start, teach it more logs on later ones. Its name and key stay what they were.

    Raises Invalid for a missing or other name and for what is no key of a log.
    """
    try:
        fresh = [Verifier.from_vkey(vkey) for vkey in logs]
    except NoteError as error:
        raise Invalid("witness-log", f"This is no public key of a log: {error}. Nothing was changed.") from error
    if folder.exists() and not folder.is_dir():
        raise Invalid(
            "witness-folder", f"{folder} is a file. Choose another folder with --folder. Nothing was changed."
        )
    there = (folder / SETTINGS).exists()
    if not there:
        _begin(folder, name)
    home = read(folder)
    if there and name and name != home.cosigner.name:
        raise Invalid(
            "witness-name",
            f"This witness is called {home.cosigner.name}; a name cannot be changed. Nothing was changed.",
        )
    more = [log for log in fresh if log not in home.logs]
    if more:
        _keep(folder, home.cosigner.name, [log.vkey for log in (*home.logs, *more)])
    return read(folder)


def _begin(folder: Path, name: str) -> None:
    try:
        Cosigner.from_seed(name, bytes(32))
    except NoteError as error:
        raise Invalid("witness-name", f"On its first start a witness needs a name (--name): {error}.") from error
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_once(folder / KEY, secrets.token_hex(32))
    _keep(folder, name, [])


def _keep(folder: Path, name: str, vkeys: list[str]) -> None:
    fresh = folder / f"{SETTINGS}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"name": name, "logs": vkeys}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / SETTINGS)
