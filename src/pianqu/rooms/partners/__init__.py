"""往来 partners: matters that other systems have, districts with a ledger of their own and Open311 servers.

Nouns: Partner (another system), Transfer 移送 (one matter given to a partner or taken from one), Letter 函件 (one message of a
transfer, either way), Posting (a letter on its way out), Watch (a matter that is looked after at an Open311 server).
Verbs: add_district, add_server, drop_partner; offer_case, withdraw_offer, take_offer, decline_offer; take_letter, carry_out,
leave_undone, follow_cases, empty_letters; note_posted, note_declined, take_updates, settle_posting.
Questions: partners_for, transfers_for, transfer_for, transfers_of, offering_for, incoming, our_card.
Invariants: a letter to a district is in our ledger before it leaves, and in theirs before we believe that it arrived; letters to
one partner leave in the order of their numbers and are repeated until they are taken, and taking one twice changes nothing;
contacts never leave; an Open311 server is asked once, and where nobody knows whether it took a matter, a person finds out.
"""
