"""The verbs of casework."""

from pianqu.rooms.casework.services.categories import NewCategory, add_categories
from pianqu.rooms.casework.services.contacts import reveal_contact
from pianqu.rooms.casework.services.erasing import BASES, erase_case
from pianqu.rooms.casework.services.history import History, take_history
from pianqu.rooms.casework.services.moving import (
    Closing,
    Resolution,
    close_case,
    close_cases,
    extend_case,
    resolve_case,
    resolve_cases,
    withdraw_case,
)
from pianqu.rooms.casework.services.opening import Opened, Opening, open_case, open_cases
from pianqu.rooms.casework.services.parts import Claim, PlaceChoice

__all__ = [
    "BASES",
    "Claim",
    "Closing",
    "History",
    "NewCategory",
    "Opened",
    "Opening",
    "PlaceChoice",
    "Resolution",
    "add_categories",
    "close_case",
    "close_cases",
    "erase_case",
    "extend_case",
    "open_case",
    "open_cases",
    "resolve_case",
    "resolve_cases",
    "reveal_contact",
    "take_history",
    "withdraw_case",
]
