"""A long computation in a process of its own, that holds up nobody, tells how far it is, and ends with who asked for it.

`python -m pianqu.foundation.aside pianqu.kernels.x:function` reads one line of JSON, gives it to the function, and writes each
message that it yields as a line. A second line, or nobody at the other end any more, stops it: the function is sent true and says
what it has. The child knows no settings and no database.
"""

import importlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pianqu

Message = dict[str, Any]
Function = Callable[[Mapping[str, Any]], Generator[Message, bool | None, None]]
HOME = Path(pianqu.__file__).parent.parent
WAIT_S = 1.0


class Failed(RuntimeError):
    """The child ended without saying why: killed, or out of memory."""


class Aside:
    """One computation. Use it in a `with`: whatever happens, the child ends."""

    def __init__(self, function: str, asked: Mapping[str, Any]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", __name__, function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")])},
        )
        self._rest = b""
        with suppress(OSError):  # a child that died at once is told of by `messages`
            self._write(json.dumps(asked).encode())

    def __enter__(self) -> "Aside":
        return self

    def __exit__(self, *_error: object) -> None:
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            with suppress(OSError):
                _open(pipe).close()
        self._child.wait()

    def messages(self) -> Iterator[Message | None]:
        """What it says, as it says it; None after each second of silence. Raises Failed."""
        stream = _open(self._child.stdout).fileno()
        while True:
            if not select.select([stream], [], [], WAIT_S)[0]:
                yield None
                continue
            read = os.read(stream, 1 << 16)
            if not read:
                break
            *lines, self._rest = (self._rest + read).split(b"\n")
            for line in lines:
                yield json.loads(line)
        if self._child.wait():
            raise Failed

    def stop(self) -> None:
        """It says what it has, and ends. Harmless to repeat."""
        with suppress(OSError):
            self._write(b"stop")

    def _write(self, line: bytes) -> None:
        pipe = _open(self._child.stdin)
        pipe.write(line + b"\n")
        pipe.flush()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _first_line(source: int) -> tuple[bytes, bool]:
    """What is asked, and whether somebody has said stop already."""
    read = b""
    while b"\n" not in read:
        more = os.read(source, 1 << 20)
        if not more:
            break
        read += more
    line, _end, rest = read.partition(b"\n")
    return line, bool(rest)


def main(name: str) -> None:
    """The child's side."""
    module, _colon, function = name.partition(":")
    work: Function = getattr(importlib.import_module(module), function)
    source, out = sys.stdin.fileno(), sys.stdout.buffer
    asked, is_stopped = _first_line(source)
    running, stop = work(json.loads(asked)), None
    with suppress(StopIteration, BrokenPipeError):
        while True:
            message = next(running) if stop is None else running.send(stop)
            out.write(json.dumps(message).encode() + b"\n")
            out.flush()
            is_stopped = is_stopped or bool(select.select([source], [], [], 0)[0])
            stop = is_stopped


if __name__ == "__main__":
    main(sys.argv[1])
