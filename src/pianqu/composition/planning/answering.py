"""How every `pianqu plan …` ends: a plan, none, one sentence about files that cannot be used, or Ctrl-C."""

import sys
from argparse import Namespace
from importlib import import_module

from django.utils.translation import gettext as _

from pianqu.composition.planning.language import speak
from pianqu.foundation.errors import Problem

WRITTEN, IMPOSSIBLE, UNREADABLE, STOPPED = 0, 1, 2, 3


def answered(module: str, act: str, asked: Namespace) -> int:
    """Do it. 0: it was written; 1: no plan is possible or none was found; 2: the files cannot be used; 3: stopped by Ctrl-C, and
    what was found until then was written.

    The module is loaded only now, since its sentences ask for the catalogues.
    """
    speak()
    running = import_module(f"pianqu.composition.planning.{module}")
    try:
        return int(getattr(running, act)(asked))
    except Problem as problem:
        sys.stderr.write(f"{_unwritten(problem.message)}\n")
        return UNREADABLE


def _unwritten(sentence: str) -> str:
    """The sentence, and that nothing came of it."""
    if sentence.endswith((".", "。")):
        return _("%(sentence)s Nothing was written.") % {"sentence": sentence}
    return _("%(why)s. Nothing was written.") % {"why": sentence}
