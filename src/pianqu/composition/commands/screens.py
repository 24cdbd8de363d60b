"""`pianqu screens`: see pianqu.composition.screens."""

from pianqu.composition.screens import main

__all__ = ["main"]
