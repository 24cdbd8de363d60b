"""An outsider's folder: its keys, its settings with its name, its memory. Name and keys stay what they were; one may be added."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pianqu.composition.outsider import memory
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.foundation.following import Trouble
from pianqu.foundation.keys import write_once
from pianqu.kernels.cosignature import ED25519, KINDS, ML_DSA_44, Cosigner, Keyring, Kind, unsupported
from pianqu.kernels.note import NoteError, Verifier, check_new_name

MEMORY = "memory"
"""In the settings, the name of the memory that belongs to them; empty before the first start. Older settings do not say."""
_CALLED = {"witness": "见证", "mirror": "镜像"}
KEYS = "keys"
"""In the settings, the kinds of its keys; where they say nothing it is one Ed25519 key."""
ENDS = 1.0
"""Seconds for which the process of a program that was killed may still be ending."""
_KINDS = {kind.code: kind for kind in KINDS.values()}
CODES = tuple(_KINDS)
_SUFFIX = {ED25519: "", ML_DSA_44: f"-{ML_DSA_44.code}"}

Settings = dict[str, Any]
Home = TypeVar("Home")


class Remembers(Protocol):
    """An outsider's memory, of whatever kind."""

    def called(self) -> str:
        """Its name; empty where it has none yet."""

    def call(self) -> str:
        """Its name, given where it has none."""

    def close(self) -> None: ...


Kept = TypeVar("Kept", bound=Remembers)


@dataclass(frozen=True, slots=True)
class Folder:
    """`what` is the outsider's command: it names the files, and stands in the sentences."""

    path: Path
    what: str

    def key(self, kind: Kind = ED25519) -> Path:
        """The seed of its key of this kind."""
        return self.path / f"{self.what}{_SUFFIX[kind]}.key"

    @property
    def settings(self) -> Path:
        return self.path / f"{self.what}.json"

    @property
    def tables(self) -> Path:
        return self.path / f"{self.what}.sqlite3"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder while it is changed or served; it is nobody's where it is not there yet.

        The lock is the system's: it ends with this process, however that ends, and with the processes that were forked from it.
        Raises Unavailable where another program holds it.
        """
        if not self.path.is_dir():
            yield
            return
        try:
            lock = os.open(self.path / f"{self.what}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._cannot_hold(error) from error
        try:
            self._hold(lock)
            with suppress(OSError):  # a full disk: the number is only told to people
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(lock)

    def _hold(self, lock: int) -> None:
        until = time.monotonic() + ENDS
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > until:
                    number = os.pread(lock, 20, 0).decode("ascii", "replace")
                    raise self._runs(number) from error
            except OSError as error:
                raise self._cannot_hold(error) from error
            time.sleep(0.1)

    def _runs(self, number: str) -> Unavailable:
        return Unavailable(
            f"{self.what}-running",
            f"The {self.what} in {self.path} is running already (process {number}). One folder is never run twice: end the "
            "other first. Nothing was changed. "
            f"这个文件夹里的{_CALLED[self.what]}已在运行（进程 {number}）。"
            "同一文件夹不能同时运行两份，请先停止另一份。什么都没有改动。",
        )

    def _cannot_hold(self, error: OSError) -> Unavailable:
        return Unavailable(
            f"{self.what}-folder",
            f"{self.path} cannot be held for this {self.what} alone ({error.strerror}). See that this account may write there "
            "and that the disk is one of this machine. Nothing was changed. "
            f"无法独占文件夹 {self.path}（{error.strerror}）：请确认本账户可以写入，并使用本机磁盘。什么都没有改动。",
        )

    def read(self, made: Callable[[Keyring, Settings], Home]) -> Home:
        """What `made` makes of keys and settings. Raises Unavailable with a sentence for who runs it.

        Every key that the settings name has to be there and of use on this machine: nothing is signed with fewer.
        """
        try:
            settings = json.loads(self.settings.read_text(encoding="utf-8"))
            keys = tuple(self._key(settings["name"], _KINDS[code]) for code in settings.get(KEYS, [ED25519.code]))
            if not keys:
                raise ValueError("it names no key")
            return made(Keyring(keys), settings)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, Trouble) as error:
            raise Unavailable(
                f"{self.what}-unreadable",
                f"The {self.what} in {self.path} cannot be read ({type(error).__name__}: {error}). Put back {self.what}*.key and "
                f"{self.settings.name} that belong together. Nothing was signed.",
            ) from error

    def _key(self, name: str, kind: Kind) -> Cosigner:
        seed = bytes.fromhex(self.key(kind).read_text(encoding="ascii").strip())
        if len(seed) != 32:
            raise ValueError(f"{self.key(kind).name} has not 32 bytes")
        if not kind.is_known_here():
            raise unsupported(kind)
        return Cosigner.from_seed(name, seed, kind)

    def remember(self, store: Callable[[Path], Kept]) -> Kept:
        """Its memory, opened: that of the last start, or a new one at the first.

        Raises Unavailable where it is gone, empty or another one's: who has forgotten what it signed must not sign. Settings from
        before memories had names take the one that is there.
        """
        known = json.loads(self.settings.read_text(encoding="utf-8")).get(MEMORY)
        if known != "" and not memory.is_there(self.tables):
            raise self._forgot("is missing or empty", "不见了或是空的")
        opened = store(self.tables)
        try:
            if known and opened.called() != known:
                raise self._forgot("is not the one of the last start", "不是上次启动时的那一份")
            if not known:
                self.keep({MEMORY: opened.call()})  # on the disk before anything is signed
        except BaseException:
            opened.close()
            raise
        return opened

    def _forgot(self, how: str, chinese: str) -> Unavailable:
        called = _CALLED[self.what]
        return Unavailable(
            f"{self.what}-forgot",
            f"{self.tables} {how}: it holds what this {self.what} has signed, and without it a second history could be signed. "
            "If it was moved away, put it back as it was last, never an older copy, and start again. If it is lost, this "
            f"{self.what} has ended: begin a new one with another --folder and --name, which gets a new key, and tell the "
            "district. Nothing was signed and nothing was changed. "
            f"{self.tables.name} {chinese}：它记着这个{called}签过什么，没有它就可能签出第二套历史。"
            "如果只是被移走，请把最后的那一份（不要用旧的副本）放回去，再启动。"
            f"如果丢失，这个{called}就此结束：请用新的 --folder 和 --name 另起一个（会有新的密钥），并告知区里。"
            "什么都没有签，也没有改动。",
        )

    def begin(self, name: str, kinds: Sequence[Kind], settings: Mapping[str, Any]) -> None:
        """Make keys (an Ed25519 key where no kind is asked for) and settings on the first start.

        Raises Invalid for what can be no name and no folder, and for a kind that this machine does not know.
        """
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
        made = tuple(dict.fromkeys(kinds)) or (ED25519,)
        self._check_known(made)
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for kind in made:
            write_once(self.key(kind), secrets.token_hex(32))
        first = {"name": name, MEMORY: "", KEYS: [kind.code for kind in made], **settings}
        write_once(self.settings, json.dumps(first, ensure_ascii=False, indent=1))

    def add_keys(self, kinds: Sequence[Kind]) -> None:
        """Make those of these keys that are not there yet; from its next start on it signs with all. Raises Invalid."""
        settings = json.loads(self.settings.read_text(encoding="utf-8"))
        there = settings.get(KEYS, [ED25519.code])
        fresh = [kind for kind in dict.fromkeys(kinds) if kind.code not in there]
        self._check_known(fresh)
        for kind in fresh:
            write_once(self.key(kind), secrets.token_hex(32))
        if fresh:  # only now: settings never name a key that is not there
            self._write(settings | {KEYS: [*there, *(kind.code for kind in fresh)]})

    def _check_known(self, kinds: Iterable[Kind]) -> None:
        for kind in kinds:
            if not kind.is_known_here():
                raise Invalid(f"{self.what}-key", f"No key was made: {unsupported(kind)}. Nothing was changed.")

    def check_name(self, asked: str, known: Keyring) -> None:
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

    def keep(self, settings: Mapping[str, Any]) -> None:
        """Name and keys stay; the settings stand there whole, or those from before."""
        self._write(json.loads(self.settings.read_text(encoding="utf-8")) | settings)

    def _write(self, settings: Mapping[str, Any]) -> None:
        fresh = self.settings.with_name(f"{self.settings.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(settings, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.settings)
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def kinds(codes: Iterable[str]) -> tuple[Kind, ...]:
    """Of their codes, which a command has checked."""
    return tuple(_KINDS[code] for code in codes)


def by_origin(keys: Iterable[Verifier]) -> dict[str, list[Verifier]]:
    """The keys of each log: one that changes its key has two for a while."""
    found: dict[str, list[Verifier]] = {}
    for key in keys:
        found.setdefault(key.name, []).append(key)
    return found
