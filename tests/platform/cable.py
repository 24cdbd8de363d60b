"""A network between two houses that can be cut: bytes pass through it on loopback, until the test says otherwise."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Cable:
    """`cut`: nobody is reached. `deaf`: what is sent arrives, and every answer is lost."""

    to: int
    port: int = 0
    cut: bool = False
    deaf: bool = False
    passed: int = 0
    """Connections that reached the other side."""
    _links: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def break_off(self) -> None:
        """Cut, whatever is under way."""
        self.cut = True
        for link in self._links:
            _end(link)

    def mend(self) -> None:
        self.cut = self.deaf = False


@contextmanager
def cable(to: int) -> Iterator[Cable]:
    """A cable to a port of this machine."""
    here = Cable(to)
    door = socket.create_server(("127.0.0.1", 0))
    here.port = door.getsockname()[1]
    thread = threading.Thread(target=_serve, args=(here, door), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.break_off()
        _end(door)
        door.close()
        thread.join(5)


def _serve(here: Cable, door: socket.socket) -> None:
    while True:
        try:
            near, _address = door.accept()
        except OSError:
            return
        threading.Thread(target=_pass, args=(here, near), daemon=True).start()


def _pass(here: Cable, near: socket.socket) -> None:
    with near, contextlib.suppress(OSError):
        if here.cut:
            return
        with socket.create_connection(("127.0.0.1", here.to)) as far:
            here.passed += 1
            here._links += [near, far]
            back = threading.Thread(target=_pump, args=(far, near, here), daemon=True)
            back.start()
            _pump(near, far, None)
            back.join(30)


def _pump(source: socket.socket, target: socket.socket, listens: Cable | None) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65_536):
            if listens is not None and listens.deaf:
                _end(target)  # it arrived there, and nobody hears of it
                return
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


def _end(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
