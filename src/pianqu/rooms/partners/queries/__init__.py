"""Questions to partners. Answers are frozen cards of plain values."""

from pianqu.rooms.partners.queries.bodies import encoded, moment_of, photos_of, text_of
from pianqu.rooms.partners.queries.letters import Incoming, Proof, incoming, our_card, proof_of_ours, taken_letter
from pianqu.rooms.partners.queries.outside import NoCard, checked_url, read_card
from pianqu.rooms.partners.queries.partners import PartnerCard, Trouble, check_may_connect, partners_for, troubles_for
from pianqu.rooms.partners.queries.transfers import (
    LetterCard,
    Offer,
    PartnerRow,
    TransferCard,
    at_servers,
    doubtful_for,
    followed,
    letter_proof,
    offer_of,
    offer_photo,
    offering_for,
    transfer_for,
    transfers_for,
    transfers_of,
)

__all__ = [
    "Incoming",
    "LetterCard",
    "NoCard",
    "Offer",
    "PartnerCard",
    "PartnerRow",
    "Proof",
    "TransferCard",
    "Trouble",
    "at_servers",
    "check_may_connect",
    "checked_url",
    "doubtful_for",
    "encoded",
    "followed",
    "incoming",
    "letter_proof",
    "moment_of",
    "offer_of",
    "offer_photo",
    "offering_for",
    "our_card",
    "partners_for",
    "photos_of",
    "proof_of_ours",
    "read_card",
    "taken_letter",
    "text_of",
    "transfer_for",
    "transfers_for",
    "transfers_of",
    "troubles_for",
]
