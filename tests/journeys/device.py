"""A device that keeps passkeys, in software: what a browser sends for it (WebAuthn level 2, ES256, attestation "none")."""

import hashlib
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import uuid4

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    """One key. `verifies` says whether it asks who holds it, `origin` which page the browser shows."""

    def __init__(self, *, verifies: bool = True, origin: str = "http://localhost") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.origin, self.flags = uuid4().bytes, origin, PRESENT | (VERIFIED if verifies else 0)
        self.handle = b""

    def create(self, options: dict[str, Any]) -> str:
        """The answer to the question for a new key."""
        asked = options["publicKey"]
        self.handle = raw(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        point = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(point)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(asked["rp"]["id"], ATTESTED) + attested}
        return self._answer(
            clientDataJSON=self._client("webauthn.create", asked["challenge"]), attestationObject=cbor2.dumps(made)
        )

    def get(self, options: dict[str, Any], **other: bytes) -> str:
        """The answer to the question who signs in; `other` puts something else in its parts."""
        asked = options["publicKey"]
        data, client = self._data(asked["rpId"]), self._client("webauthn.get", asked["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._answer(**{**parts, **other})

    def _data(self, host: str, more: int = 0) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([self.flags | more]) + struct.pack(">I", 0)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **parts: bytes) -> str:
        response = {name: text(part) for name, part in parts.items()}
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
