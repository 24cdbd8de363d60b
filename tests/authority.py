"""A timestamp authority for tests: keys, certificates and answers are made by the real `openssl`, HTTP by a small server."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

MISSING = "no openssl found; Debian: apt install openssl"
SETTINGS = """
[req]
distinguished_name = none
[none]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[tsa]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ts]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
tsa_name = yes
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *words: str) -> bytes:
    if shutil.which("openssl") is None:
        pytest.skip(MISSING)
    return subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60).stdout


class Authority:
    """Root and signer in a folder of their own."""

    def __init__(self, folder: Path, *, name: str = "Test Time") -> None:
        self.folder, self._alone = folder, threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "made.cnf").write_text(SETTINGS.format(folder=folder))
        (folder / "serial").write_text("01")
        new = ["req", "-newkey", "rsa:2048", "-nodes", "-config", "made.cnf"]
        root = ["-x509", "-days", "3650", "-subj", f"/CN={name} Root/O=Test", "-extensions", "ca"]
        openssl(folder, *new, *root, "-keyout", "ca.key", "-out", "ca.pem")
        openssl(folder, *new, "-subj", f"/CN={name}", "-keyout", "tsa.key", "-out", "tsa.csr")
        sign = ["x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        openssl(folder, *sign, "-days", "3650", "-out", "tsa.pem", "-extfile", "made.cnf", "-extensions", "tsa")

    @property
    def roots(self) -> Path:
        """The file that others trust."""
        return self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        """What `openssl ts` answers; one question after the other, for its serial numbers are in a file."""
        words = ["ts", "-reply", "-config", "made.cnf", "-section", "here", "-queryfile", "query.tsq"]
        with self._alone:
            (self.folder / "query.tsq").write_bytes(query)
            openssl(self.folder, *words, "-out", "answer.tsr")
            return (self.folder / "answer.tsr").read_bytes()

    def question(self, text: bytes) -> bytes:
        """A query as `openssl ts` writes it, with a nonce of its own."""
        (self.folder / "text").write_bytes(text)
        return openssl(self.folder, "ts", "-query", "-data", "text", "-sha256", "-cert")

    def holds(self, raw: bytes, text: bytes) -> bool:
        """Whether `openssl ts` accepts a token over a text."""
        (self.folder / "kept.tsr").write_bytes(raw)
        (self.folder / "kept.text").write_bytes(text)
        words = ["openssl", "ts", "-verify", "-in", "kept.tsr", "-data", "kept.text", "-CAfile", "ca.pem"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, timeout=60).returncode == 0


Said = tuple[int, str, bytes]
"""Status, media type and body of an answer."""


class Served:
    """The authority's address, what it was asked, and how it answers; `answer` may be changed between two questions."""

    def __init__(self, answer: Callable[[bytes], Said]) -> None:
        self.answer, self.url = answer, ""
        self.asked: list[tuple[str, bytes]] = []


@contextmanager
def served(answer: Callable[[bytes], Said]) -> Iterator[Served]:
    """A server that answers so until the block ends."""
    here = Served(answer)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            here.asked.append((self.headers["Content-Type"], query))
            status, kind, body = here.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who asked has heard enough
                self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    here.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()


def stamps(authority: Authority) -> Callable[[bytes], Said]:
    """As it should be."""
    return lambda query: (200, "application/timestamp-reply", authority.answer(query))
