"""办件 casework: a matter's life, from a resident's first words to its end.

Nouns: Case (a matter 事项), Addition (words that came later), Photo, Contact (sealed), Category, DayCount (derived),
SearchText (what a search reads), PublishedMonth (open data).
Verbs: open_case, extend_case, withdraw_case, resolve_case, close_case, their batch forms, reveal_contact, erase_case,
add_categories, publish_month.

Invariants: a case moves only along lifecycle.MOVES; words, replies, photos and contacts stay in this room's tables, facts
carry commitments to them whose salts lie beside them; a contact is sealed, shown masked, and every look at it is recorded.
"""
