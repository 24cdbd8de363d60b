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
from pianqu.rooms.casework.models.dispatch import (
    CheckItem,
    ForceCase,
    ForceMember,
    JointTemplate,
    JointWait,
    RuleCursor,
    RuleTrial,
    RuleTrialRun,
    RuleUse,
    RuleVersion,
    TaskForce,
    Whistle,
    WhistleCall,
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
from pianqu.rooms.casework.models.joining import (
    JointAnswer,
    Likeness,
    LikenessKey,
    PublicTitle,
    Succession,
)
from pianqu.rooms.casework.models.lists import (
    CaseList,
    CaseListItem,
)
from pianqu.rooms.casework.models.notes import (
    ColleagueNote,
    Mention,
)
from pianqu.rooms.casework.models.platforms import (
    PlatformAct,
    PlatformMember,
    PlatformMove,
)
from pianqu.rooms.casework.models.rehoming import Home, HomeCount, Rehoming, Turn
from pianqu.rooms.casework.models.replies import (
    REPLY_USES,
    ReplyTemplate,
    ReplyUse,
)
from pianqu.rooms.casework.models.reports import (
    MonthlyReport,
)
from pianqu.rooms.casework.models.supervision import (
    CallBack,
    CallBackDraw,
    Rating,
    Supervision,
)
from pianqu.rooms.casework.models.triage import (
    SuggestionAnswer,
    TriageModel,
)

__all__ = [
    "REPLY_USES",
    "STREET",
    "Addition",
    "BreachModel",
    "BulkAct",
    "BulkItem",
    "CallBack",
    "CallBackDraw",
    "Case",
    "CaseList",
    "CaseListItem",
    "Category",
    "CauseMatter",
    "Change",
    "CheckItem",
    "Clock",
    "ClockVersion",
    "ColleagueNote",
    "Contact",
    "DayCount",
    "Export",
    "ExportRun",
    "ForceCase",
    "ForceMember",
    "Forecast",
    "Handover",
    "Home",
    "HomeCount",
    "HotIssue",
    "HotMatter",
    "HotRun",
    "JointAnswer",
    "JointTemplate",
    "JointWait",
    "Likeness",
    "LikenessKey",
    "Measure",
    "Mention",
    "MonthlyReport",
    "Note",
    "Pause",
    "Photo",
    "PlatformAct",
    "PlatformMember",
    "PlatformMove",
    "PublicTitle",
    "PublishedMonth",
    "Rating",
    "Rehoming",
    "ReplyTemplate",
    "ReplyUse",
    "Request",
    "RootCause",
    "RuleCursor",
    "RuleTrial",
    "RuleTrialRun",
    "RuleUse",
    "RuleVersion",
    "SavedFilter",
    "SearchText",
    "Succession",
    "SuggestionAnswer",
    "Supervision",
    "Task",
    "TaskForce",
    "TriageModel",
    "Turn",
    "VoiceSalt",
    "Whistle",
    "WhistleCall",
    "Year",
]
