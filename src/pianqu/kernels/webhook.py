"""Messages to other systems: signed so that the receiver knows the sender, sent only to addresses that may be reached.

Problem: an address that somebody types may lead into the own network (SSRF), and a message over the internet may be forged or
played again.
Method: HMAC-SHA256 over id, time and body with a key that both know; an address is allowed where it is public, or lies in a
network that the operator named. The caller resolves the name once and connects to just that address.
Source: Standard Webhooks, "Signature scheme" (symmetric, v1) and its published example; OWASP SSRF prevention, case 2.
Guarantee: signatures are those of the example; nothing raises for a signature that is none.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

PREFIX = "whsec_"
SCHEME = "v1"
Network = IPv4Network | IPv6Network


def secret_of(raw: bytes) -> str:
    """How a key is written down for the receiver. Raises ValueError for fewer than 24 or more than 64 bytes."""
    if not 24 <= len(raw) <= 64:
        raise ValueError("a key has 24 to 64 bytes")
    return PREFIX + base64.b64encode(raw).decode()


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`. Raises ValueError for a secret that is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("this is no secret of a webhook") from error
    content = f"{message_id}.{timestamp}.".encode() + body
    return f"{SCHEME},{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"


def verifies(secret: str, signatures: str, *, message_id: str, timestamp: int, body: bytes) -> bool:
    """Whether one of the signatures (separated by spaces) is right: for receivers and tests."""
    right = sign(secret, message_id=message_id, timestamp=timestamp, body=body).encode()
    return any(hmac.compare_digest(right, one.encode("utf-8", "replace")) for one in signatures.split())


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Whether an IP address is public, or in one of the operator's networks. An IPv4 address within IPv6 counts as itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    inner = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    ip = inner or ip
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast
