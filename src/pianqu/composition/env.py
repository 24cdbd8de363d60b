"""Every setting that an operator can make, with type and default. (The full table grows here.)"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    data: Path
    keys: Path
    database: str
    district: str
    ledger_origin: str
    tiles: str
    https: bool
    debug: bool
    allowed_hosts: tuple[str, ...]


def read(environ: dict[str, str]) -> Env:
    data = Path(environ.get("PIANQU_DATA") or "data").resolve()
    return Env(
        data=data,
        keys=Path(environ.get("PIANQU_KEYS") or data / "keys").resolve(),
        database=environ.get("PIANQU_DATABASE", ""),
        district=environ.get("PIANQU_DISTRICT", "330205"),
        ledger_origin=environ.get("PIANQU_LEDGER_ORIGIN", ""),
        tiles=environ.get("PIANQU_TILES", ""),
        https=environ.get("PIANQU_HTTPS", "") == "1",
        debug=environ.get("PIANQU_DEBUG", "") == "1",
        allowed_hosts=tuple(environ.get("PIANQU_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")),
    )


ENV = read(dict(os.environ))
