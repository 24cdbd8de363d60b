"""A chain with an Ethereum interface for tests: anvil, a real node, from npm; it listens on loopback and ends with the test."""

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from tests import npm

NAME = "@foundry-rs/anvil-linux-amd64"
SHA512 = "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg=="
CHAIN = 330_205
GIVEN = 10**18
"""What an account that is endowed has."""
SECONDS = 30.0


def program(folder: Path) -> Path:
    """Where anvil lies once it was fetched."""
    return npm.installed({f"{NAME}@1.7.1": f"sha512-{SHA512}"}, folder) / "node_modules" / NAME / "bin" / "anvil"


class Chain:
    """A running node, and what a test may do to its chain."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, *given: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": given}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            said = json.loads(answer.read())
        assert "error" not in said, said
        return said["result"]

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def endow(self, address: str, wei: int = GIVEN) -> None:
        self.ask("anvil_setBalance", address, hex(wei))

    def height(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)

    def waiting(self) -> list[str]:
        """Hashes of what waits for a block."""
        pools = self.ask("txpool_content")
        return [one["hash"] for pool in pools.values() for of in pool.values() for one in of.values()]


@contextmanager
def running(anvil: Path, *words: str, chain: int = CHAIN) -> Iterator[Chain]:
    """A node of a new chain that mines only when it is told to."""
    command = [str(anvil), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain), "--no-mining", *words]
    with TemporaryFile() as heard, subprocess.Popen(command, stdout=heard, stderr=subprocess.STDOUT) as process:
        try:
            yield Chain(f"http://{_listening(process, heard)}")
        finally:
            process.terminate()


def _listening(process: "subprocess.Popen[bytes]", heard: IO[bytes]) -> str:
    """Host and port, as it says."""
    until, words = time.monotonic() + SECONDS, b""
    while time.monotonic() < until and process.poll() is None:
        words = os.pread(heard.fileno(), 1_000_000, 0)
        if found := re.search(rb"Listening on (127\.0\.0\.1:[0-9]+)", words):
            return found[1].decode()
        time.sleep(0.02)
    raise AssertionError(f"anvil does not listen: {words[-2000:]!r}")
