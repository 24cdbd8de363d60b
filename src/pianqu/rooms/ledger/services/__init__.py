"""The verbs of the ledger."""

from pianqu.rooms.ledger.services.delivering import Heard, Pages, deliver, replay
from pianqu.rooms.ledger.services.erasing import erase
from pianqu.rooms.ledger.services.recording import Recorded, record, record_access
from pianqu.rooms.ledger.services.rotating import prepare_key, retire_keys, rotate_key
from pianqu.rooms.ledger.services.sealing import admit, create_log, publish, rebuild_tiles, seal, verifiers
from pianqu.rooms.ledger.services.watching import drop_mirror, name_mirror, note_fork, sound_the_alarm
from pianqu.rooms.ledger.services.witnessing import Answered, adopt_policy, keep

__all__ = [
    "Answered",
    "Heard",
    "Pages",
    "Recorded",
    "admit",
    "adopt_policy",
    "create_log",
    "deliver",
    "drop_mirror",
    "erase",
    "keep",
    "name_mirror",
    "note_fork",
    "prepare_key",
    "publish",
    "rebuild_tiles",
    "record",
    "record_access",
    "replay",
    "retire_keys",
    "rotate_key",
    "seal",
    "sound_the_alarm",
    "verifiers",
]
