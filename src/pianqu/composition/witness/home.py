"""A witness's folder: its name, its keys, the logs that it knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider.folder import Folder, Settings, by_origin
from pianqu.kernels.cosignature import Cosigner, Keyring, Kind
from pianqu.kernels.note import Verifier

WHAT = "witness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a witness is."""

    folder: Path
    keys: Keyring
    logs: tuple[Verifier, ...]

    @property
    def cosigner(self) -> Cosigner:
        """Its first key."""
        return self.keys.keys[0]

    @property
    def tables(self) -> Path:
        return Folder(self.folder, WHAT).tables

    def known(self) -> dict[str, list[Verifier]]:
        """The keys of each log by its origin."""
        return by_origin(self.logs)


def read(folder: Path) -> Home:
    """Raises Unavailable with a sentence for who runs it."""

    def made(keys: Keyring, settings: Settings) -> Home:
        logs = tuple(Verifier.from_vkey(vkey) for vkey in settings["logs"])
        return Home(folder=folder, keys=keys, logs=logs)

    return Folder(folder, WHAT).read(made)


def prepare(folder: Path, *, name: str, logs: Sequence[str], kinds: Sequence[Kind] = ()) -> Home:
    """Make a witness on its first start; give it more kinds of keys and teach it more logs on later ones.

    Its name and keys stay what they were. Raises Invalid for a missing or other name, for what is no key of a log and for a kind
    of key that this machine does not know.
    """
    place = Folder(folder, WHAT)
    fresh = [place.log_key(vkey) for vkey in logs]
    place.begin(name, kinds, {"logs": []})
    home = read(folder)
    place.check_name(name, home.keys)
    place.add_keys(kinds)
    more = [log for log in fresh if log not in home.logs]
    if more:
        place.keep({"logs": [log.vkey for log in (*home.logs, *more)]})
    return read(folder)
