"""The verbs of the ledger."""

from pianqu.rooms.ledger.services.delivering import Heard, deliver, replay
from pianqu.rooms.ledger.services.erasing import erase
from pianqu.rooms.ledger.services.recording import Recorded, record, record_access
from pianqu.rooms.ledger.services.sealing import create_log, publish, rebuild_tiles, seal

__all__ = [
    "Heard",
    "Recorded",
    "create_log",
    "deliver",
    "erase",
    "publish",
    "rebuild_tiles",
    "record",
    "record_access",
    "replay",
    "seal",
]
