"""What has to be put back after every migration (triggers). Rooms register; only foundation listens to Django's signal."""

from collections.abc import Callable

_acts: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}


def register(name: str, *, put: Callable[[], None], lift: Callable[[], None]) -> None:
    """Run `put` after every migrate (it must be harmless to repeat); `lift` undoes it for the tests' reset."""
    _acts[name] = (put, lift)


def put_all(**_: object) -> None:
    """Put everything back."""
    for put, _lift in _acts.values():
        put()


def lift_all() -> None:
    """Lift everything: only the tests' reset does."""
    for _put, lift in _acts.values():
        lift()
