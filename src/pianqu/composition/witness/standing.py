"""What keeps a witness from signing, in plain words of both languages, with what to do: its clock, or its disk."""

from collections.abc import Iterable
from dataclasses import dataclass

from pianqu.composition.outsider.doors import moment
from pianqu.composition.outsider.memory import BACK

STOPPED = "STOPPED 已停止签证"


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What was to be signed could not be kept, so it was not signed."""

    why: str
    since: int

    def told(self) -> list[str]:
        return [
            f"{STOPPED}  since 始于 {moment(self.since)}",
            f"What it signs cannot be written to the disk ({self.why}), so it signs nothing. Make room on the disk where its "
            "folder lies (df -h) and see that its account may write there. Delete nothing in the folder. It goes on by itself "
            "at the next question.",
            f"签证内容写不进磁盘（{self.why}），所以什么都不签。请在见证文件夹所在的磁盘上腾出空间（df -h），"
            "并确认运行它的账户可以写入。不要删除文件夹里的任何文件。下一次被询问时会自动继续。",
        ]


def clock_told(last: Iterable[tuple[str, int, int]], now: int) -> list[str]:
    """Of origin, size and time of what was signed last for each log; nothing where the clock keeps it from none of them."""
    latest = max((at for _origin, _size, at in last), default=now)
    if now >= latest - BACK:
        return []
    shown, stated = moment(now), moment(latest)
    return [
        STOPPED,
        f"The clock of this machine shows {shown}, and it has signed at {stated} before. Until its clock shows that time, it "
        "signs nothing for that log. Look whether the clock is right (timedatectl) and set it. If it is right now and was "
        "ahead then: wait until that time, or begin a new witness with another --folder and --name, and tell the district.",
        f"本机时钟显示 {shown}，而它曾在 {stated} 签证。在时钟走到那一刻之前，不再签证那本账本。请核对并校准时钟（timedatectl）。"
        "如果现在的时钟是对的、当时走快了：等到那一刻，或者用新的 --folder 和 --name 另起一个见证，并告知区里。",
    ]
