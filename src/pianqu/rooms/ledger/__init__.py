"""账本 ledger: one append-only history that outsiders can check.

Nouns: Entry (one fact's leaf), Position (its place in the log), Secret (payload and salt, erasable), Checkpoint,
Tile, Cursor (how far a reader has heard), Receipt, AccessRecord.
Verbs: record, record_access, seal, deliver, replay, erase.

What a receipt promises: this exact record stood at this place of the log when the log signed its checkpoint, and the
log's key can never sign another history without leaving proof. What it does not promise yet: that somebody other than
the operator saw the checkpoint (no outside witness until departments run them), nor that what was recorded is true.
Invariants: entries and positions are never changed or removed; every organisation's entries are numbered without gaps
and chained; a checkpoint is published only after it is durable; a database behind its published checkpoint signs nothing.
"""
