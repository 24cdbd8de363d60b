"""A witness's folder: its name, its key, the logs that it knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider.folder import Folder, Settings, by_origin
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import Verifier

WHAT = "witness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a witness is."""

    folder: Path
    cosigner: Cosigner
    logs: tuple[Verifier, ...]

    @property
    def tables(self) -> Path:
        return Folder(self.folder, WHAT).tables

    def known(self) -> dict[str, list[Verifier]]:
        """The keys of each log by its origin."""
        return by_origin(self.logs)


def read(folder: Path) -> Home:
    """Raises Unavailable with a sentence for who runs it."""

    def made(cosigner: Cosigner, settings: Settings) -> Home:
        logs = tuple(Verifier.from_vkey(vkey) for vkey in settings["logs"])
        return Home(folder=folder, cosigner=cosigner, logs=logs)

    return Folder(folder, WHAT).read(made)


def prepare(folder: Path, *, name: str, logs: Sequence[str]) -> Home:
    """Make a witness on its first start, teach it more logs on later ones. Its name and key stay what they were.

    Raises Invalid for a missing or other name and for what is no key of a log.
    """
    place = Folder(folder, WHAT)
    fresh = [place.log_key(vkey) for vkey in logs]
    place.begin(name, {"logs": []})
    home = read(folder)
    place.check_name(name, home.cosigner)
    more = [log for log in fresh if log not in home.logs]
    if more:
        place.keep(home.cosigner.name, {"logs": [log.vkey for log in (*home.logs, *more)]})
    return read(folder)
