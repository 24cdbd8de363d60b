"""Three witnesses as other organisations run them: real programs with folders, keys and ports of their own, asked over HTTP."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from pianqu.composition.bench.serving import cpu_seconds
from pianqu.composition.outsider.running import Running
from pianqu.composition.witness import home
from pianqu.foundation.actor import Actor
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services

NAMES = ("justice", "street", "residents")


class Witnesses:
    """Their processes."""

    def __init__(self, pids: list[int]) -> None:
        self._pids = pids

    def cpu_seconds(self) -> float:
        """What all of them have used."""
        return sum(map(cpu_seconds, self._pids))


@contextmanager
def witnesses(folder: Path, *, actor: Actor, now: datetime) -> Iterator[Witnesses]:
    """Three of them, put into the ledger's policy; nothing counts as witnessed before all three have signed."""
    vkey, lines = ledger.log().vkey, []
    with ExitStack() as stack:
        running = []
        for name in NAMES:
            found = home.prepare(folder / name, name=f"{name}.example", logs=[vkey])
            running.append(stack.enter_context(Running(home.WHAT, folder / name)))
            lines.append(f"witness {name} {found.cosigner.witness.vkey} {running[-1].url}")
        services.adopt_policy(
            actor=actor, text="\n".join([*lines, f"group all all {' '.join(NAMES)}", "quorum all", ""]), now=now
        )
        yield Witnesses([one.process.pid for one in running])
