"""Where a command finds the installation that it changes; it makes none."""

import os
import sys
from pathlib import Path

from pianqu.composition.env import Env, current

NOTHING = 2
"""The exit code of a command that found no installation."""


def installed(data: Path | None) -> Env:
    """The settings of the one in a data folder, from now on those of this process.

    Ends the process with a sentence where there is none: a mistyped folder must not begin another installation.
    """
    if data:
        os.environ["PIANQU_DATA"] = str(data.resolve())
    env = current()
    if not env.key_folder.exists():
        sys.stderr.write(
            f"There is no installation in {env.data}. Nothing was changed. 这个文件夹里没有片区的数据，什么都没有改动。\n"
        )
        sys.exit(NOTHING)
    return env
