"""What the person at the terminal sees of an import: how far, how fast, how long still, and the sum at the end."""

import sys
from collections.abc import Callable
from time import monotonic

from pianqu.composition.importing.run import Tally

EVERY_S = 5.0
"""Between two plain lines, where there is no terminal."""


class Progress:
    """Writes a bar to stderr: one line that is rewritten on a terminal, plain lines elsewhere."""

    def __init__(self, part: Callable[[], float]) -> None:
        self._part = part
        self._began = monotonic()
        self._said = 0.0
        self._bar = sys.stderr.isatty()

    def __call__(self, tally: Tally) -> None:
        now = monotonic()
        if now - self._said < (0.2 if self._bar else EVERY_S):
            return
        self._said = now
        sys.stderr.write(f"\r{self._line(tally)}\x1b[K" if self._bar else f"{self._line(tally)}\n")
        sys.stderr.flush()

    def _line(self, tally: Tally) -> str:
        spent, part = monotonic() - self._began, self._part()
        left = spent / part - spent if part else 0
        drawn = "█" * int(part * 24)
        rate = tally.read / spent if spent else 0
        return f"{part:4.0%} {drawn:░<24} {tally.read:,} rows, {rate:,.0f}/s, {left:.0f} s left"

    def end(self) -> float:
        """Finish the line; answers the seconds spent."""
        if self._bar:
            sys.stderr.write("\r\x1b[K")
        return monotonic() - self._began


def table(tally: Tally, seconds: float) -> str:
    """The counts, which add up to the input."""
    grouped: dict[str, int] = {}
    for reason, count in tally.reasons.items():
        grouped[reason.partition(":")[0]] = grouped.get(reason.partition(":")[0], 0) + count
    lines = [("imported 已导入", tally.imported), ("there before 此前已有", tally.before)]
    lines += [(f"rejected 未收: {reason}", count) for reason, count in sorted(grouped.items())]
    lines += [("rows in the file 文件行数", tally.read)]
    text = "".join(f"  {name:<44} {count:>10,}\n" for name, count in lines)
    rate = tally.imported / seconds if seconds else 0
    sums = "adds up 合计相符" if tally.adds_up() else "DOES NOT ADD UP 合计不符"
    return f"{text}  {sums}; {tally.facts:,} facts in {seconds:.1f} s, {rate:,.0f} rows/s\n"
