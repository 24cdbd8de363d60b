"""The verbs of partners."""

from pianqu.rooms.partners.services.acting import carry_out, leave_undone
from pianqu.rooms.partners.services.connecting import NewServer, add_district, add_server, drop_partner
from pianqu.rooms.partners.services.deciding import decline_offer, take_offer
from pianqu.rooms.partners.services.following import Following, empty_letters, follow_cases
from pianqu.rooms.partners.services.foreign import Update, note_declined, note_posted, settle_posting, take_updates
from pianqu.rooms.partners.services.offering import offer_case, withdraw_offer
from pianqu.rooms.partners.services.receiving import Taken, take_letter

__all__ = [
    "Following",
    "NewServer",
    "Taken",
    "Update",
    "add_district",
    "add_server",
    "carry_out",
    "decline_offer",
    "drop_partner",
    "empty_letters",
    "follow_cases",
    "leave_undone",
    "note_declined",
    "note_posted",
    "offer_case",
    "settle_posting",
    "take_letter",
    "take_offer",
    "take_updates",
    "withdraw_offer",
]
