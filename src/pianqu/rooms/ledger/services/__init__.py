"""The verbs of the ledger."""

from pianqu.rooms.ledger.services.anchoring import keep_anchor, note_authority_trouble
from pianqu.rooms.ledger.services.delivering import Heard, Pages, deliver, pass_over, replay
from pianqu.rooms.ledger.services.ending import Succession, declare_dead
from pianqu.rooms.ledger.services.erasing import erase
from pianqu.rooms.ledger.services.evm import (
    NewEvmAnchor,
    confirm_evm_anchor,
    give_up_evm_anchor,
    keep_evm_anchor,
    note_node_trouble,
    note_node_well,
    take_back_evm_anchor,
)
from pianqu.rooms.ledger.services.recording import Recorded, record, record_access
from pianqu.rooms.ledger.services.recovering import Recovery, catch_up
from pianqu.rooms.ledger.services.rotating import prepare_key, retire_keys, rotate_key
from pianqu.rooms.ledger.services.sealing import (
    BATCH,
    admit,
    create_log,
    open_own,
    publish,
    rebuild_tiles,
    seal,
    verifiers,
)
from pianqu.rooms.ledger.services.twinning import begin_twin, grow_twin, rebuild_twin, renew_twin_key, state_twin
from pianqu.rooms.ledger.services.watching import drop_mirror, name_mirror, note_fork, note_history, sound_the_alarm
from pianqu.rooms.ledger.services.witnessing import Answered, adopt_policy, keep

__all__ = [
    "BATCH",
    "Answered",
    "Heard",
    "NewEvmAnchor",
    "Pages",
    "Recorded",
    "Recovery",
    "Succession",
    "admit",
    "adopt_policy",
    "begin_twin",
    "catch_up",
    "confirm_evm_anchor",
    "create_log",
    "declare_dead",
    "deliver",
    "drop_mirror",
    "erase",
    "give_up_evm_anchor",
    "grow_twin",
    "keep",
    "keep_anchor",
    "keep_evm_anchor",
    "name_mirror",
    "note_authority_trouble",
    "note_fork",
    "note_history",
    "note_node_trouble",
    "note_node_well",
    "open_own",
    "pass_over",
    "prepare_key",
    "publish",
    "rebuild_tiles",
    "rebuild_twin",
    "record",
    "record_access",
    "renew_twin_key",
    "replay",
    "retire_keys",
    "rotate_key",
    "seal",
    "sound_the_alarm",
    "state_twin",
    "take_back_evm_anchor",
    "verifiers",
]
