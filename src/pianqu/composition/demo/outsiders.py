"""Other organisations that watch over the demo's ledger: real programs on this machine, each with its own folder and key.

In life they stand on machines of their own; here `pianqu up` starts them beside web and worker, on free ports.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pianqu.composition.mirror import home as mirror_home
from pianqu.composition.outsider.running import free_port, words
from pianqu.composition.supervise import Program, keep_programs, programs_of
from pianqu.composition.witness import home
from pianqu.foundation.actor import Actor
from pianqu.kernels.cosignature import ED25519, ML_DSA_44, Cosigner, Kind
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services

WITNESSES: tuple[tuple[str, str, str, tuple[Kind, ...]], ...] = (
    ("justice", "江北区司法局", "justice.jiangbei.invalid", (ED25519, ML_DSA_44)),
    ("street", "洪塘街道办事处", "hongtang.jiangbei.invalid", (ED25519,)),
    ("residents", "居民议事会", "residents.jiangbei.invalid", (ED25519,)),
)
"""Folder, name, address and kinds of keys. One signs with two, where this machine can."""
MIRROR = ("mirror", "区档案馆", "archive.jiangbei.invalid")
RULE = (
    "group 机关单位 any 江北区司法局 洪塘街道办事处",
    "group 群众代表 any 居民议事会",
    "group 共同见证 all 机关单位 群众代表",
    "quorum 共同见证",
    "# en 江北区司法局 Justice Bureau",
    "# en 江北区司法局·Ed25519 Justice Bureau (Ed25519)",
    "# en 江北区司法局·ML-DSA-44 Justice Bureau (ML-DSA-44)",
    "# en 洪塘街道办事处 Hongtang Street Office",
    "# en 居民议事会 Residents' Council",
    "# en 机关单位 Offices",
    "# en 群众代表 Residents",
    "# en 共同见证 Offices and residents",
    "# en 区档案馆 District Archive",
)
"""Of the two offices one is enough; without the residents' council nothing counts."""


def stand_ready(data: Path, *, url: str, now: datetime) -> None:
    """Make their folders on the first start, name them in the ledger's policy, and see that their ports are free.

    `url` is where this house is served from, for the mirror. A policy that somebody else adopted since is left alone.
    """
    folder, vkeys = data / "outside", [key.vkey for key in ledger.log().in_force(now)]
    before = {program.name: program.port for program in programs_of(data)}
    programs, lines = [], []
    for short, name, address, kinds in WITNESSES:
        wanted = [kind for kind in kinds if kind.is_known_here()]
        found = home.prepare(folder / short, name=address, logs=vkeys, kinds=wanted)
        port = free_port(before.get(f"witness {short}", 0))
        at = words(home.WHAT, folder / short, port)
        programs.append(Program(name=f"witness {short}", words=at, port=port))
        lines += _lines(name, found.keys.keys, f"http://127.0.0.1:{port}")
    programs.append(_mirror(folder, vkeys, url, before, now))
    keep_programs(data, programs)
    _adopt(folder / "policy.json", "\n".join([*lines, *RULE, ""]), now)


def _lines(name: str, keys: Sequence[Cosigner], url: str) -> list[str]:
    """A witness in the policy: one line, or one for each of its keys and a group that any of them fulfils."""
    if len(keys) == 1:
        return [f"witness {name} {keys[0].witness.vkey} {url}"]
    named = [(f"{name}·{key.witness.kind.name}", key.witness.vkey) for key in keys]
    lines = [f"witness {label} {vkey} {url}" for label, vkey in named]
    return [*lines, f"group {name} any {' '.join(label for label, _vkey in named)}"]


def _mirror(folder: Path, vkeys: list[str], url: str, before: dict[str, int], now: datetime) -> Program:
    """The archive's full copy; where its port became another one it is named anew."""
    short, name, address = MIRROR
    found = mirror_home.prepare(folder / short, name=address, logs=[(vkey, f"{url}/open/ledger") for vkey in vkeys])
    port = free_port(before.get("mirror", 0))
    at, key, centre = f"http://127.0.0.1:{port}", found.cosigner.witness.vkey, _centre()
    known = {one.vkey: one for one in ledger.mirrors()}.get(key)
    if known is not None and known.url != at:
        services.drop_mirror(actor=centre, mirror=known.id, now=now)
    if known is None or known.url != at:
        services.name_mirror(actor=centre, name=name, vkey=key, url=at, now=now)
    return Program(name="mirror", words=(*words(mirror_home.WHAT, folder / short, port), "--every", "2"), port=port)


def _centre() -> Actor:
    return Actor(kind="system", organisation_code=casework.centre_code())


def _adopt(kept: Path, text: str, now: datetime) -> None:
    number = ledger.policy().number
    ours = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {"number": 0, "text": ""}
    if ours["text"] == text or ours["number"] != number:
        return
    number = services.adopt_policy(actor=_centre(), text=text, now=now)
    kept.write_text(json.dumps({"number": number, "text": text}, ensure_ascii=False), encoding="utf-8")
