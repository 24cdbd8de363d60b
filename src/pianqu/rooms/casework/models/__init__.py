"""Tables of casework. Words, replies and their salts lie here and nowhere else."""

from pianqu.rooms.casework.models.bulk import (
    BulkAct,
    BulkItem,
)
from pianqu.rooms.casework.models.cases import (
    STREET,
    Addition,
    Case,
    Category,
    Change,
    Clock,
    Contact,
    DayCount,
    Export,
    ExportRun,
    Handover,
    Note,
    Pause,
    Photo,
    PublishedMonth,
    Request,
    SavedFilter,
    SearchText,
    Task,
    Year,
)
from pianqu.rooms.casework.models.causes import (
    CauseMatter,
    Measure,
    RootCause,
)
from pianqu.rooms.casework.models.clockrules import (
    ClockVersion,
)
from pianqu.rooms.casework.models.forecasts import (
    BreachModel,
    Forecast,
)
from pianqu.rooms.casework.models.hotspots import (
    HotIssue,
    HotMatter,
    HotRun,
    VoiceSalt,
)
from pianqu.rooms.casework.models.platforms import (
    PlatformAct,
    PlatformMember,
    PlatformMove,
)
from pianqu.rooms.casework.models.triage import (
    SuggestionAnswer,
    TriageModel,
)

__all__ = [
    "STREET",
    "Addition",
    "BreachModel",
    "BulkAct",
    "BulkItem",
    "Case",
    "Category",
    "CauseMatter",
    "Change",
    "Clock",
    "ClockVersion",
    "Contact",
    "DayCount",
    "Export",
    "ExportRun",
    "Forecast",
    "Handover",
    "HotIssue",
    "HotMatter",
    "HotRun",
    "Measure",
    "Note",
    "Pause",
    "Photo",
    "PlatformAct",
    "PlatformMember",
    "PlatformMove",
    "PublishedMonth",
    "Request",
    "RootCause",
    "SavedFilter",
    "SearchText",
    "SuggestionAnswer",
    "Task",
    "TriageModel",
    "VoiceSalt",
    "Year",
]
