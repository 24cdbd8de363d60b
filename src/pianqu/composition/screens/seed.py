"""Fill a throw-away data folder with what pages are shown with; prints what they are called as JSON.

Run as a process of its own: python -m pianqu.composition.screens.seed [--empty]
"""

import json
import sys
from importlib import import_module

import django


def main(argv: list[str]) -> int:
    """Fill and tell."""
    django.setup()
    told = import_module("pianqu.composition.screens.filling").fill(empty="--empty" in argv)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
