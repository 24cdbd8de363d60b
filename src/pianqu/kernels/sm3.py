"""SM3, the hash of China's national standard, in the place that SHA-256 has in a tree.

Problem: the tree of RFC 6962 by SM3, with a hash that is as near to the machine as SHA-256's.
Method: Python's own hashlib where its OpenSSL was built with SM3, else the one that the package cryptography brings along.
Source: GB/T 32905-2016, ISO/IEC 10118-3. Cost: about three times SHA-256's where the processor knows SHA-256.
Guarantee: the standard's examples, and the openssl command, give the same (tests).
"""

import hashlib
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SM3, Hash

from pianqu.kernels.tiles import Begun, TreeHash


class NoSM3(RuntimeError):
    """Neither Python's OpenSSL nor the package cryptography has SM3 here."""


class Carried:
    """The hash of the package cryptography, as hashlib shows its own."""

    __slots__ = ("_hash",)

    def __init__(self, begun: Hash) -> None:
        self._hash = begun

    def copy(self) -> "Carried":
        """Another one that has read the same."""
        return Carried(self._hash.copy())

    def update(self, data: bytes, /) -> None:
        """Read on."""
        self._hash.update(data)

    def digest(self) -> bytes:
        """The hash of all that was read."""
        return self._hash.copy().finalize()


def carried(first: bytes) -> Begun:
    """SM3 of the package cryptography, with its first bytes read. Raises NoSM3."""
    try:
        begun = Carried(Hash(SM3()))
    except UnsupportedAlgorithm as error:
        raise NoSM3("Neither Python's OpenSSL nor the package cryptography has SM3 here.") from error
    begun.update(first)
    return begun


def begun(first: bytes) -> Begun:
    """SM3 with its first bytes read. Raises NoSM3."""
    try:
        return hashlib.new("sm3", first)
    except ValueError:  # an OpenSSL without it, or one that allows only what another country approved
        return carried(first)


@lru_cache(maxsize=1)
def tree_hash() -> TreeHash:
    """For the tree of RFC 6962. Raises NoSM3."""
    return TreeHash(begun(b"\x00"), begun(b"\x01"), begun(b"").digest())
