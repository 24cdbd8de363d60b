"""What the ledger does with others (asks witnesses and a timestamp authority, compares with mirrors), and how it reads itself."""

from pianqu.rooms.ledger.jobs.anchoring import Anchorer
from pianqu.rooms.ledger.jobs.evm import EvmAnchorer
from pianqu.rooms.ledger.jobs.gathering import Gatherer, learn_what_was_seen
from pianqu.rooms.ledger.jobs.twinning import keep_twin
from pianqu.rooms.ledger.jobs.watching import look_around, read_again

__all__ = [
    "Anchorer",
    "EvmAnchorer",
    "Gatherer",
    "keep_twin",
    "learn_what_was_seen",
    "look_around",
    "read_again",
]
