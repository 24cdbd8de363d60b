"""Who sends slowly to a witness or a mirror holds up nobody else, and is not waited for: real sockets, an honest log."""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from pianqu.composition.mirror import home as mirror_home
from pianqu.composition.orphan import PARENT
from pianqu.composition.outsider.receiving import MOST_HERE
from pianqu.composition.outsider.running import HOST, Running, free_port
from pianqu.composition.witness import home
from pianqu.kernels import mirroring
from pianqu.kernels.mirroring import Head, Info
from pianqu.kernels.witnessing import Request
from tests.platform.houses import PROJECT, wait_until
from tests.platform.impatient import PATIENCE
from tests.platform.mirrored import SIGNER, Log

POST = "POST {path} HTTP/1.1\r\nHost: w\r\n"
BEGINNINGS = [
    "",
    "P",
    POST,
    POST + "Content-Length: 400\r\n\r\n",
    POST + "Content-Length: 400\r\n\r\nold 0\n",
    POST + "Transfer-Encoding: chunked\r\n\r\n6\r\nold 0\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]
"""What slow senders send before they stop."""


def asks(log: Log) -> bytes:
    return Request(old=0, proof=(), note=log.note()).encode()


def post(port: int, path: str, body: bytes, timeout: float = 5) -> tuple[int, bytes]:
    link = HTTPConnection(HOST, port, timeout=timeout)
    try:
        link.request("POST", path, body)
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


@contextmanager
def slow(port: int, path: str, many: int) -> Iterator[list[socket.socket]]:
    """So many senders of each kind that do not go on."""
    with ExitStack() as stack:
        links = []
        for beginning in BEGINNINGS * many:
            links.append(stack.enter_context(socket.create_connection((HOST, port), timeout=20)))
            links[-1].sendall(beginning.format(path=path).encode())
        time.sleep(0.2)
        yield links


@contextmanager
def impatient(what: str, folder: Path) -> Iterator[int]:
    """A real process with little patience; its port."""
    port = free_port()
    words = [sys.executable, "-m", "tests.platform.impatient", what, str(folder), str(port)]
    given = {**os.environ, PARENT: str(os.getpid()), "PYTHONPATH": f"{PROJECT / 'src'}:{PROJECT}"}
    process = subprocess.Popen(words, env=given, cwd=PROJECT, stdin=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    try:
        assert wait_until(answers, 30)
        yield port
    finally:
        process.kill()
        process.wait()


def end_of(link: socket.socket) -> bytes:
    """Everything that is answered until the connection ends. Raises TimeoutError where it does not."""
    said = b""
    while piece := link.recv(65_536):
        said += piece
    return said


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    home.prepare(tmp_path / "w", name="w.example", logs=[SIGNER.vkey])
    return tmp_path / "w"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    mirror_home.prepare(tmp_path / "m", name="m.example", logs=[(SIGNER.vkey, "")])
    return tmp_path / "m"


@pytest.mark.parametrize("what", [home.WHAT, mirror_home.WHAT])
def test_slow_senders_hold_up_no_honest_one(request: pytest.FixtureRequest, what: str) -> None:
    """Thirty-five of them, and the honest log is answered at once, as often as it asks."""
    log = Log(5)
    with Running(what, request.getfixturevalue(what)) as running, slow(running.port, "/add-checkpoint", 5):
        began = time.monotonic()
        statuses = [post(running.port, "/add-checkpoint", asks(log))[0] for _time in range(5)]
        assert statuses == [200, 409, 409, 409, 409]
        assert time.monotonic() - began < 5


def test_nobody_is_waited_for_beyond_the_time(witness: Path) -> None:
    """Whoever has begun a request hears why; a byte now and then keeps no connection, and an idle one ends as well."""
    with impatient(home.WHAT, witness) as port, slow(port, "/add-checkpoint", 1) as links:
        dripping = [
            socket.create_connection((HOST, port), timeout=20),
            socket.create_connection((HOST, port), timeout=20),
        ]
        dripping[1].sendall((POST + "Content-Length: 400\r\n\r\n").format(path="/add-checkpoint").encode())
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 10:
                for link in dripping:
                    link.sendall(b"P")
                time.sleep(0.05)
        said = [end_of(link) for link in links]
        assert time.monotonic() - began < 10 * PATIENCE
        assert [one[:12] for one in said] == [b"", b"", b"", *[b"HTTP/1.1 408"] * 3, b""]
        assert all(b"nothing was signed" in one for one in said[3:6])
        idle = socket.create_connection((HOST, port), timeout=20)
        idle.sendall(b"GET / HTTP/1.1\r\nHost: w\r\n\r\n")
        assert end_of(idle).startswith(b"HTTP/1.1 200")
        assert post(port, "/add-checkpoint", asks(Log(5)))[0] == 200
        for link in (*dripping, idle):
            link.close()


def test_no_request_is_larger_than_a_door_takes(witness: Path) -> None:
    with Running(home.WHAT, witness) as running:

        def said(head: str, body: bytes, ends: bool = False) -> bytes:
            with socket.create_connection((HOST, running.port), timeout=20) as link:
                link.sendall((POST + head + "Connection: close\r\n\r\n").format(path="/add-checkpoint").encode() + body)
                if ends:
                    link.shutdown(socket.SHUT_WR)
                return link.recv(65_536)

        whole, chunk = asks(Log(5)), b"4000\r\n" + bytes(0x4000) + b"\r\n"
        assert said("Content-Length: 9000000000\r\n", b"").startswith(b"HTTP/1.1 413")
        assert said("Transfer-Encoding: chunked\r\n", chunk * (MOST_HERE // 0x4000 + 1)).startswith(b"HTTP/1.1 413")
        assert said(f"Content-Length: {len(whole) + 9}\r\n", whole, ends=True).startswith(b"HTTP/1.1 400")
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole)
        assert said("Transfer-Encoding: chunked\r\n", chunked).startswith(b"HTTP/1.1 200")


def test_who_brings_entries_slowly_makes_room_for_others(mirror: Path) -> None:
    """Readers are answered all the while; what came whole before the time was over is kept."""
    log, head = Log(600), Head(origin=SIGNER.name, start=0, end=600)
    body = mirroring.request(head, log.parcels(head))
    begins = POST.format(path="/add-entries") + f"Content-Length: {len(body)}\r\n\r\n"
    with impatient(mirror_home.WHAT, mirror) as port, ExitStack() as stack:
        assert post(port, "/add-checkpoint", asks(log))[0] == 200
        links = [stack.enter_context(socket.create_connection((HOST, port), timeout=20)) for _sender in range(2)]
        links[0].sendall(begins.encode() + body[: len(body) * 2 // 3])
        links[1].sendall(begins.encode() + body[:1])
        time.sleep(0.1)
        assert post(port, "/add-entries", body)[0] == 503
        assert post(port, "/add-checkpoint", asks(log))[0] == 409
        stored, first = end_of(links[0]), end_of(links[1])
        assert stored.startswith(b"HTTP/1.1 202") and first.startswith(b"HTTP/1.1 400")
        held = Info.decode(stored.partition(b"\r\n\r\n")[2]).next_entry
        assert held == 256
        rest = Head(origin=SIGNER.name, start=held, end=600)
        status, _said = post(port, "/add-entries", mirroring.request(rest, log.parcels(rest)))
        assert status == 200


def test_who_hangs_up_in_the_middle_makes_room_at_once(mirror: Path) -> None:
    log, head = Log(600), Head(origin=SIGNER.name, start=0, end=600)
    body = mirroring.request(head, log.parcels(head))
    begins = POST.format(path="/add-entries") + f"Content-Length: {len(body)}\r\n\r\n"
    with Running(mirror_home.WHAT, mirror) as running:
        assert post(running.port, "/add-checkpoint", asks(log))[0] == 200
        for _sender in range(4):
            with socket.create_connection((HOST, running.port), timeout=20) as link:
                link.sendall(begins.encode() + body[:9])
                time.sleep(0.1)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # the end is a reset
        assert wait_until(lambda: post(running.port, "/add-entries", body)[0] == 200, 3)
