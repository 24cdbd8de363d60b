"""What one cosignature costs, of each kind: to sign, to check, to carry."""

import time
from collections.abc import Callable
from functools import partial

from pianqu.composition.bench.report import Row
from pianqu.kernels.cosignature import KINDS, Cosigner
from pianqu.kernels.note import CheckpointBody, split

TEXT = CheckpointBody(origin="pianqu.invalid/330205/bench", size=1_000_000, root=bytes(32)).encode()
AT = 1_795_910_400


def measure(*, quick: bool) -> list[Row]:
    """With the kernel alone, in one thread."""
    count, found = 200 if quick else 2_000, []
    for kind in KINDS.values():
        key = Cosigner.from_seed("w.example.org", bytes(range(32)), kind)
        line, witness = key.cosign(TEXT, AT), key.witness
        blob = split(f"{TEXT}\n{line}")[1][0].blob[4:]
        signed = [_ms(partial(key.cosign, TEXT, AT + n)) for n in range(count)]
        checked = [_ms(partial(witness.time_of, TEXT, blob)) for _ in range(count)]
        found += [
            Row(name=f"{kind}: a cosignature is made, p50", value=_at(signed, 0.5), unit="ms"),
            Row(name=f"{kind}: a cosignature is made, p99", value=_at(signed, 0.99), unit="ms"),
            Row(name=f"{kind}: a cosignature is checked, p50", value=_at(checked, 0.5), unit="ms"),
            Row(name=f"{kind}: its line in a receipt", value=len(line.encode()), unit="bytes"),
        ]
    return found


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1_000


def _at(times: list[float], part: float) -> float:
    return round(sorted(times)[int(part * (len(times) - 1))], 3)
