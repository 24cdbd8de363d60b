"""What the ledger does with others: ask the witnesses, look at what witnesses and mirrors have seen, read itself again."""

from pianqu.rooms.ledger.jobs.gathering import Gatherer, learn_what_was_seen
from pianqu.rooms.ledger.jobs.watching import look_around, read_again

__all__ = ["Gatherer", "learn_what_was_seen", "look_around", "read_again"]
