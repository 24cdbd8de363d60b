"""The loop compiled by numba where that is installed, and as it stands where it is not: the same plan either way."""

import importlib.util
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

Function = Callable[..., Any]


def is_there() -> bool:
    """Whether numba can be had."""
    return importlib.util.find_spec("numba") is not None


@cache
def compiled(source: ModuleType) -> dict[str, Function]:
    """Every function of a module, in the order in which they stand, each calling the compiled ones before it.

    What is called from outside is kept in numba's folder. Without counting references (arrays are only borrowed here) it runs ten
    times as fast.
    """
    space = dict(vars(source))
    for name, plain in vars(source).items():
        if isinstance(plain, FunctionType) and plain.__module__ == source.__name__:
            own = FunctionType(plain.__code__, space, name, plain.__defaults__)
            own.__module__, own.__qualname__ = source.__name__, name
            space[name] = _entry(own) if name in source.ENTRIES else _njit(**_INLINE if name in source.HOT else {})(own)
    return space


_INLINE = {"inline": "always"}


def _entry(own: FunctionType) -> Function:
    try:
        return _njit(cache=True)(own)
    except RuntimeError:  # no folder can be written to: every process compiles for itself
        return _njit()(own)


def _njit(**options: object) -> Callable[[FunctionType], Function]:
    found: Callable[[FunctionType], Function] = import_module("numba").njit(_nrt=False, **options)
    return found
