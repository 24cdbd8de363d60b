"""What rooms may know of the installation they stand in: folders, district, names. Rooms do not read settings."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmChain:
    """A chain with an Ethereum interface on which the ledger is anchored, and how."""

    url: str
    """Its node."""
    chain_id: int
    token: str = ""
    to: str = ""
    """Whom the transactions go to; empty: the account itself."""
    every: timedelta = timedelta(hours=24)
    confirmations: int = 12
    """So many blocks, its own counted, make a transaction count."""
    most_gas_price: int = 100 * 10**9
    """In wei; where a unit of gas costs more nothing is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One installation serves one district."""

    data: Path
    """Everything that lasts: database (SQLite), files, published checkpoint."""
    keys: Path
    """Log key, field ring, session secret. Never part of a backup of `data`."""
    district_code: str
    ledger_origin: str
    """Origin asked for by the operator; empty: made from district and key when the log is created."""
    tiles: str
    """URL template of the base map, or empty: shipped names and outlines are drawn."""
    public_url: str = "http://localhost"
    """How residents reach the portal; links in messages begin with it."""
    sms_url: str = ""
    """The text message gateway; empty: messages go to the outbox folder."""
    sms_token: str = ""
    tsa_url: str = ""
    """The timestamp authority (RFC 3161); empty: none is asked."""
    tsa_ca: Path | None = None
    """Its root certificates as a PEM file; None: those that the machine trusts."""
    gm: bool = False
    """Whether the ledger's twin by the national standards (SM3, SM2) is kept."""
    evm: EvmChain | None = None
    """The chain that holds what the ledger was; None: none does."""
    webhook_networks: tuple[str, ...] = ()
    """Networks beside the public addresses that webhooks may reach."""
    mail_from: str = ""
    """Sender of mails; empty: mails go to the outbox folder."""

    api_rate: int = 600
    """Requests that one token, or one address without a token, may make in a minute through one web process; 0: any number."""

    @property
    def published(self) -> Path:
        """The checkpoint that outsiders may have seen; never restored from a backup."""
        return self.data / "published"

    @property
    def is_demonstration(self) -> bool:
        """Whether the demo district was loaded here; its sign-ins lie beside the data."""
        return (self.data / "demo-logins.json").exists()

    @property
    def outbox(self) -> Path:
        """Messages of channels that are not connected, one file each, without their receiver."""
        return self.data / "outbox"

    @property
    def files(self) -> Path:
        return self.data / "files"

    @property
    def exports(self) -> Path:
        """Tables that posts asked for, until they are a few days old. Never part of a backup: they can be asked for again."""
        return self.data / "exports"


@lru_cache(maxsize=1)
def installation() -> Installation:
    """The installation of this process."""
    answer = settings.INSTALLATION
    if not isinstance(answer, Installation):
        raise TypeError("settings.INSTALLATION must be an Installation")
    return answer
