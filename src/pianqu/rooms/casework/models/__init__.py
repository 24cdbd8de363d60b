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
from pianqu.rooms.casework.models.clockrules import (
    ClockVersion,
)
from pianqu.rooms.casework.models.forecasts import (
    BreachModel,
    Forecast,
)
from pianqu.rooms.casework.models.platforms import (
    PlatformAct,
    PlatformMember,
    PlatformMove,
)

__all__ = [
    "STREET",
    "Addition",
    "BreachModel",
    "BulkAct",
    "BulkItem",
    "Case",
    "Category",
    "Change",
    "Clock",
    "ClockVersion",
    "Contact",
    "DayCount",
    "Export",
    "ExportRun",
    "Forecast",
    "Handover",
    "Note",
    "Pause",
    "Photo",
    "PlatformAct",
    "PlatformMember",
    "PlatformMove",
    "PublishedMonth",
    "Request",
    "SavedFilter",
    "SearchText",
    "Task",
    "Year",
]
