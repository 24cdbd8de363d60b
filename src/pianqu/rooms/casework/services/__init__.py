"""The verbs of casework."""

from pianqu.rooms.casework.services.categories import NewCategory, add_categories
from pianqu.rooms.casework.services.clockrules import (
    apply_clock_rules,
    draft_clock_rules,
    drop_clock_draft,
    enforce_clock_rules,
)
from pianqu.rooms.casework.services.clocks import (
    NATURES,
    REASONS,
    announce_year,
    ask_for_time,
    decide_on_time,
    pause_case,
    resume_case,
)
from pianqu.rooms.casework.services.contacts import (
    NOTICE,
    Reporter,
    choose_channel,
    forget_reporter,
    recognise_reporter,
    reveal_contact,
    use_contact,
)
from pianqu.rooms.casework.services.desk import drop_filter, hand_over_shift, save_filter, take_over_shift
from pianqu.rooms.casework.services.dispatching import (
    accept_case,
    dispatch_case,
    finish_task,
    join_case,
    object_to_dispatch,
    return_task,
    review_objection,
    start_task,
    take_case,
)
from pianqu.rooms.casework.services.erasing import BASES, erase_case
from pianqu.rooms.casework.services.escalating import escalate_overdue, escalate_parts, warn_due_soon
from pianqu.rooms.casework.services.exporting import (
    KEPT,
    MOST_WAITING,
    Made,
    ask_for_export,
    cancel_export,
    make_export,
    put_away_exports,
    stop_export,
    take_export,
)
from pianqu.rooms.casework.services.forecasts import Learned, keep_breach_model
from pianqu.rooms.casework.services.handing import Handed, HandOverReport, hand_over
from pianqu.rooms.casework.services.history import History, take_history
from pianqu.rooms.casework.services.intake import take_in
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
from pianqu.rooms.casework.services.noting import note_case
from pianqu.rooms.casework.services.opening import Opened, Opening, open_case, open_cases
from pianqu.rooms.casework.services.parts import Claim, PlaceChoice
from pianqu.rooms.casework.services.publishing import publish_due, publish_month
from pianqu.rooms.casework.services.rating import (
    call_back,
    link_case,
    rate_case,
    reopen_case,
    supervise_case,
    unlink_case,
)
from pianqu.rooms.casework.services.updating import take_update

__all__ = [
    "BASES",
    "KEPT",
    "MOST_WAITING",
    "NATURES",
    "NOTICE",
    "REASONS",
    "Claim",
    "Closing",
    "HandOverReport",
    "Handed",
    "History",
    "Learned",
    "Made",
    "NewCategory",
    "Opened",
    "Opening",
    "PlaceChoice",
    "Reporter",
    "Resolution",
    "accept_case",
    "add_categories",
    "announce_year",
    "apply_clock_rules",
    "ask_for_export",
    "ask_for_time",
    "call_back",
    "cancel_export",
    "choose_channel",
    "close_case",
    "close_cases",
    "decide_on_time",
    "dispatch_case",
    "draft_clock_rules",
    "drop_clock_draft",
    "drop_filter",
    "enforce_clock_rules",
    "erase_case",
    "escalate_overdue",
    "escalate_parts",
    "extend_case",
    "finish_task",
    "forget_reporter",
    "hand_over",
    "hand_over_shift",
    "join_case",
    "keep_breach_model",
    "link_case",
    "make_export",
    "note_case",
    "object_to_dispatch",
    "open_case",
    "open_cases",
    "pause_case",
    "publish_due",
    "publish_month",
    "put_away_exports",
    "rate_case",
    "recognise_reporter",
    "reopen_case",
    "resolve_case",
    "resolve_cases",
    "resume_case",
    "return_task",
    "reveal_contact",
    "review_objection",
    "save_filter",
    "start_task",
    "stop_export",
    "supervise_case",
    "take_case",
    "take_export",
    "take_history",
    "take_in",
    "take_over_shift",
    "take_update",
    "unlink_case",
    "use_contact",
    "warn_due_soon",
    "withdraw_case",
]
