"""Encryption of single fields at rest: AES-256-GCM, bound to table, column and row so that values cannot be moved."""

import base64
import hmac
import secrets
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Unavailable
from pianqu.foundation.keys import keys


def _bound_to(table: str, column: str, row: str) -> bytes:
    return f"pianqu/field/v1|{table}|{column}|{row}".encode()


def encrypt(text: str, *, table: str, column: str, row: str) -> str:
    """The text sealed for exactly this place, as `<key name>:<base64 of nonce and box>`."""
    ring = keys().field_ring
    name = list(ring)[-1]
    nonce = secrets.token_bytes(12)
    box = AESGCM(ring[name]).encrypt(nonce, text.encode(), _bound_to(table, column, row))
    return f"{name}:{base64.b64encode(nonce + box).decode()}"


def decrypt(sealed: str, *, table: str, column: str, row: str) -> str:
    """The text again. Raises Unavailable when the ring lacks the key or the value was moved or altered."""
    name, _colon, body = sealed.partition(":")
    key = keys().field_ring.get(name)
    if key is None:
        sentence = _("The field key %(name)s is not in the key ring; put it back into %(name)s.")
        raise Unavailable("field-key-missing", sentence % {"name": name})
    raw = base64.b64decode(body)
    try:
        return AESGCM(key).decrypt(raw[:12], raw[12:], _bound_to(table, column, row)).decode()
    except InvalidTag as error:
        raise Unavailable(
            "field-altered", _("A protected field cannot be opened: it was altered or belongs elsewhere.")
        ) from error


def veiled(number: uuid.UUID, *, scope: str) -> str:
    """Another name for an id, the same each time, that tells neither the id nor when it was made: for public lists.

    One block of AES under a key of its own (HKDF of the ring's first key, which stays): a permutation of all ids.
    """
    block = _veil(scope).encryptor()
    return (block.update(number.bytes) + block.finalize()).hex()


def unveiled(name: str, *, scope: str) -> uuid.UUID | None:
    """The id behind such a name; None for what cannot be one. Whether there is something with this id is another question."""
    try:
        hidden = bytes.fromhex(name)
    except ValueError:
        return None
    if len(hidden) != 16:
        return None
    block = _veil(scope).decryptor()
    return uuid.UUID(bytes=block.update(hidden) + block.finalize())


def _veil(scope: str) -> Cipher[modes.ECB]:
    first = next(iter(keys().field_ring.values()))
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"pianqu/veil/v1|{scope}".encode()).derive(first)
    return Cipher(AES(key), modes.ECB())  # one block: there is no pattern to be seen


def fingerprint(text: str, *, scope: str) -> str:
    """A keyed hash, equal for equal texts of one scope: to compare or count without keeping the text."""
    return _fingerprint(list(keys().field_ring)[-1], text, scope)


def fingerprints(text: str, *, scope: str) -> tuple[str, ...]:
    """Those of every key of the ring, the newest last: to find what was kept under an older one."""
    return tuple(_fingerprint(name, text, scope) for name in keys().field_ring)


def has_fingerprint(text: str, known: str, *, scope: str) -> bool:
    """Whether the text has this fingerprint, also one that was made with an older key of the ring."""
    name = known.partition(":")[0]
    return name in keys().field_ring and hmac.compare_digest(_fingerprint(name, text, scope), known)


def _fingerprint(name: str, text: str, scope: str) -> str:
    message = f"pianqu/fingerprint/v1|{scope}|{text}".encode("utf-8", "backslashreplace")
    return f"{name}:{hmac.digest(keys().field_ring[name], message, 'sha256').hex()[:40]}"
