"""The verbs of the ledger."""

from pianqu.rooms.ledger.services.anchoring import keep_anchor, note_authority_trouble
from pianqu.rooms.ledger.services.delivering import Heard, Pages, deliver, replay
from pianqu.rooms.ledger.services.ending import Succession, declare_dead
from pianqu.rooms.ledger.services.erasing import erase
from pianqu.rooms.ledger.services.recording import Recorded, record, record_access
from pianqu.rooms.ledger.services.recovering import Recovery, catch_up
from pianqu.rooms.ledger.services.rotating import prepare_key, retire_keys, rotate_key
from pianqu.rooms.ledger.services.sealing import admit, create_log, open_own, publish, rebuild_tiles, seal, verifiers
from pianqu.rooms.ledger.services.watching import drop_mirror, name_mirror, note_fork, note_history, sound_the_alarm
from pianqu.rooms.ledger.services.witnessing import Answered, adopt_policy, keep

__all__ = [
    "Answered",
    "Heard",
    "Pages",
    "Recorded",
    "Recovery",
    "Succession",
    "admit",
    "adopt_policy",
    "catch_up",
    "create_log",
    "declare_dead",
    "deliver",
    "drop_mirror",
    "erase",
    "keep",
    "keep_anchor",
    "name_mirror",
    "note_authority_trouble",
    "note_fork",
    "note_history",
    "open_own",
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
