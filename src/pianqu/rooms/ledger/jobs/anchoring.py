"""Asks the timestamp authority: each hour in which the ledger grew, and at once when it changed its key.

What is stamped is the checkpoint as outsiders are shown it, with the cosignatures under it. A token is kept once it was checked
down to a root that the operator trusts; an authority that gives none is asked again later and later, and it is said once.
"""

import logging
import ssl
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import Certificate, load_der_x509_certificate
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from pianqu.foundation.installation import installation
from pianqu.foundation.posting import NotSent, Reply, Unclear, post_bytes
from pianqu.kernels import timestamp
from pianqu.kernels.timestamp import Stamp, TimestampError
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.queries import CheckpointCard

EVERY = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
TIMEOUT, WHOLE = 10.0, 20.0
"""Seconds for each step of asking, and for everything together."""
MOST_APART = timedelta(minutes=10)
"""By so much the authority's clock and this machine's may differ: a fresh answer does not say which clock is right."""
QUESTION, ANSWER = "application/timestamp-query", "application/timestamp-reply"

Clock = Callable[[], datetime]
said = logging.getLogger("pianqu.ledger")


class Anchorer:
    """The one in a process that asks the authority."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pause = FIRST_PAUSE
        self._due: datetime | None = None

    def anchor(self) -> int:
        """One look: ask where it is time to. Answers how many tokens came."""
        url, now = installation().tsa_url, self._clock()
        if not url or (self._due is not None and now < self._due):
            return 0
        shown = _wanted(now)
        if shown is None:
            return 0
        try:
            token, stamp = _asked(url, shown.text.encode(), self._clock)
        except TimestampError as error:
            self._trouble(url, error)
            return 0
        except NotSent as error:
            self._trouble(url, TimestampError("unreachable", str(error)))
            return 0
        except Unclear as error:
            self._trouble(url, TimestampError("unclear", str(error)))
            return 0
        if self._due is not None or queries.authority().trouble:
            said.warning("The timestamp authority answers again.")
        self._pause, self._due = FIRST_PAUSE, None
        services.keep_anchor(url=url, text=shown.text, token=token, stamp=stamp, now=self._clock())
        return 1

    def _trouble(self, url: str, error: TimestampError) -> None:
        now = self._clock()
        self._due, self._pause = now + self._pause, min(self._pause * 2, LONGEST_PAUSE)
        if services.note_authority_trouble(url=url, trouble=error.code, detail=str(error), now=now):
            host = urlsplit(url).hostname
            said.error(
                "The timestamp authority %s gives no timestamp (%s: %s). It is asked again.", host, error.code, error
            )


def _wanted(now: datetime) -> CheckpointCard | None:
    """The checkpoint to be stamped now; None where the last one is new enough, or nothing has grown since."""
    shown, last = queries.offered(), queries.last_anchor()
    if shown is None or (last is not None and last.size >= shown.size):
        return None
    if last is None or now - last.kept_at >= EVERY or now < last.kept_at:
        return shown
    changed = queries.log().keys[-1].from_at
    return shown if last.kept_at < changed and queries.signed_at(shown.size) >= changed else None


def _asked(url: str, text: bytes, clock: Clock) -> tuple[bytes, Stamp]:
    """The authority's answer and what it says, checked. Raises NotSent, Unclear, TimestampError."""
    roots = _roots(installation().tsa_ca)
    question = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    headers = {"Content-Type": QUESTION, "Accept": ANSWER}
    reply = post_bytes(url, question.as_bytes(), headers, timeout=TIMEOUT, whole=WHOLE, most=timestamp.MAX_BYTES + 1)
    stamp = timestamp.check(_body(reply), text=text, roots=roots, nonce=question.nonce)
    apart = abs(stamp.at - clock())
    if apart > MOST_APART:
        raise TimestampError("clock", f"its clock and this machine's are {apart} apart")
    return reply.body, stamp


def _body(reply: Reply) -> bytes:
    if reply.status != 200:
        raise TimestampError("refused", f"HTTP {reply.status}")
    return reply.body


def _roots(file: Path | None) -> tuple[Certificate, ...]:
    """Those of the operator's file, or all that the machine trusts. Raises TimestampError where there are none."""
    if file is not None:
        try:
            return timestamp.read_roots(file.read_bytes())
        except OSError as error:
            raise TimestampError("roots", f"{file} cannot be read: {error.strerror}") from error
    trusted = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not trusted:
        raise TimestampError("roots", "this machine trusts no certificates; name the authority's in PIANQU_TSA_CA")
    return tuple(_readable(trusted))


def _readable(found: list[bytes]) -> list[Certificate]:
    """Without old ones that the library does not take, or not for much longer."""
    certificates = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for der in found:
            with suppress(ValueError, CryptographyDeprecationWarning):
                certificates.append(load_der_x509_certificate(der))
    return certificates
