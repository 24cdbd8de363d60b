"""A mirror's folder: its name, its key, the logs that it copies and where it gets them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider.folder import Folder, Settings, by_origin
from pianqu.foundation.errors import Invalid
from pianqu.foundation.following import Remote, Trouble
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.note import Verifier

WHAT = "mirror"


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
        return Folder(self.folder, WHAT).tables

    def known(self) -> dict[str, list[Verifier]]:
        """The keys of each log by its origin."""
        return by_origin(log.verifier for log in self.logs)

    def sources(self) -> dict[str, str]:
        """Where each log is got; the address that was named last for its origin."""
        return {log.verifier.name: log.url for log in self.logs if log.url}


def read(folder: Path) -> Home:
    """Raises Unavailable with a sentence for who runs it."""

    def made(cosigner: Cosigner, settings: Settings) -> Home:
        logs = tuple(Known(Verifier.from_vkey(log["vkey"]), str(log["from"])) for log in settings["logs"])
        beside = tuple(_address(url) for url in settings.get("beside", []))
        return Home(folder=folder, cosigner=cosigner, logs=logs, beside=beside)

    return Folder(folder, WHAT).read(made)


def prepare(folder: Path, *, name: str, logs: Sequence[tuple[str, str]], beside: Sequence[str] = ()) -> Home:
    """Make a mirror on its first start, teach it more logs (public key, address), addresses and neighbours on later ones.

    Raises Invalid for a missing or other name, for what is no key of a log and for what is no address.
    """
    place = Folder(folder, WHAT)
    fresh = [_log(place, vkey, url) for vkey, url in logs]
    neighbours = [_checked(url) for url in beside]
    place.begin(name, _settings((), ()))
    home = read(folder)
    place.check_name(name, home.cosigner)
    logs_now = {log.verifier: log for log in home.logs}
    for log in fresh:
        before = logs_now.pop(log.verifier, log)
        logs_now[log.verifier] = log if log.url else before
    all_beside = tuple(dict.fromkeys([*home.beside, *neighbours]))
    if (tuple(logs_now.values()), all_beside) != (home.logs, home.beside):
        place.keep(home.cosigner.name, _settings(tuple(logs_now.values()), all_beside))
    return read(folder)


def _settings(logs: Sequence[Known], beside: Sequence[str]) -> Settings:
    return {"logs": [{"vkey": log.verifier.vkey, "from": log.url} for log in logs], "beside": list(beside)}


def _log(place: Folder, vkey: str, url: str) -> Known:
    at = _checked(url) if url else ""
    return Known(place.log_key(vkey), at)


def _checked(url: str) -> str:
    """Raises Invalid for what is no address."""
    try:
        return _address(url)
    except Trouble as error:
        raise Invalid("mirror-address", f"{error} Nothing was changed.") from error


def _address(url: str) -> str:
    """Raises Trouble for what is none."""
    return Remote(url).url
