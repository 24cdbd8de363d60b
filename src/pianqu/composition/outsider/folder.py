"""An outsider's folder: its key, its settings with its name, its memory. Name and key stay what they were."""

import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.following import Trouble
from pianqu.foundation.keys import write_once
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import NoteError, Verifier, check_new_name

Settings = dict[str, Any]
Home = TypeVar("Home")


@dataclass(frozen=True, slots=True)
class Folder:
    """`what` is the outsider's command: it names the files, and stands in the sentences."""

    path: Path
    what: str

    @property
    def key(self) -> Path:
        return self.path / f"{self.what}.key"

    @property
    def settings(self) -> Path:
        return self.path / f"{self.what}.json"

    @property
    def tables(self) -> Path:
        return self.path / f"{self.what}.sqlite3"

    def read(self, made: Callable[[Cosigner, Settings], Home]) -> Home:
        """What `made` makes of key and settings. Raises Unavailable with a sentence for who runs it."""
        try:
            settings = json.loads(self.settings.read_text(encoding="utf-8"))
            seed = bytes.fromhex(self.key.read_text(encoding="ascii").strip())
            if len(seed) != 32:
                raise ValueError("the key has not 32 bytes")
            return made(Cosigner.from_seed(settings["name"], seed), settings)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, Trouble) as error:
            raise Unavailable(
                f"{self.what}-unreadable",
                f"The {self.what} in {self.path} cannot be read ({type(error).__name__}: {error}). Put back {self.key.name} and "
                f"{self.settings.name} that belong together. Nothing was signed.",
            ) from error

    def begin(self, name: str, settings: Mapping[str, Any]) -> None:
        """Make key and settings on the first start. Raises Invalid for what can be no name and no folder."""
        if self.path.exists() and not self.path.is_dir():
            raise Invalid(
                f"{self.what}-folder",
                f"{self.path} is a file. Choose another folder with --folder. Nothing was changed.",
            )
        if self.settings.exists():
            return
        try:
            check_new_name(name)
        except NoteError as error:
            raise Invalid(
                f"{self.what}-name", f"On its first start a {self.what} needs a name (--name): {error}."
            ) from error
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        write_once(self.key, secrets.token_hex(32))
        self.keep(name, settings)

    def check_name(self, asked: str, known: Cosigner) -> None:
        """Raise Invalid for another name than it has; an empty one asks for none."""
        if asked and asked != known.name:
            raise Invalid(
                f"{self.what}-name",
                f"This {self.what} is called {known.name}; a name cannot be changed. Nothing was changed.",
            )

    def log_key(self, vkey: str) -> Verifier:
        """Raises Invalid for what is none, and for a name that is too long."""
        try:
            key = Verifier.from_vkey(vkey)
            check_new_name(key.name)
            return key
        except NoteError as error:
            raise Invalid(
                f"{self.what}-log", f"This is no public key of a log: {error}. Nothing was changed."
            ) from error

    def keep(self, name: str, settings: Mapping[str, Any]) -> None:
        """The settings stand there whole, or those from before."""
        fresh = self.settings.with_name(f"{self.settings.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"name": name, **settings}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.settings)


def by_origin(keys: Iterable[Verifier]) -> dict[str, list[Verifier]]:
    """The keys of each log: one that changes its key has two for a while."""
    found: dict[str, list[Verifier]] = {}
    for key in keys:
        found.setdefault(key.name, []).append(key)
    return found
