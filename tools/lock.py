"""Pin every dependency with its hashes: requirements/{run,evm,dev}.txt from pyproject.toml. For developers.

The files name no package registry: each machine asks the one that its own pip is set up for.
"""

import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
EXTRAS = {
    "run": ("postgres", "insight", "gm"),
    "evm": ("postgres", "insight", "gm", "evm"),
    "dev": ("postgres", "insight", "gm", "evm", "fast", "cluster", "analysis", "dev"),
}

EARLIER = {"run": (), "evm": ("run",), "dev": ("run", "evm")}


def lock(name: str, extras: tuple[str, ...]) -> None:
    """Write one lock file. `evm` contains `run` and `dev` contains `evm`, at the same versions."""
    target = HOME / "requirements" / f"{name}.txt"
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-header", "--no-annotate", "pyproject.toml", "-o", str(target)]
    command += [part for extra in extras for part in ("--extra", extra)]
    command += [part for other in EARLIER[name] for part in ("-c", f"requirements/{other}.txt")]
    subprocess.run([str(Path(sys.executable).with_name("uv")), *command[1:]], cwd=HOME, check=True)


if __name__ == "__main__":
    for name, extras in EXTRAS.items():
        lock(name, extras)
