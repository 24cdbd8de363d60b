"""Questions to the directory. Answers are frozen cards of plain values."""

from pianqu.rooms.directory.queries.organisations import (
    OrganisationCard,
    all_organisations,
    areas_of,
    every_organisation,
    grounds,
    name_of,
    organisation,
    organisations,
    successors,
    superiors,
)
from pianqu.rooms.directory.queries.posts import PostCard, actor_for, is_leader, may_approve, posts_of, title_of
from pianqu.rooms.directory.queries.powers import Giving, Trouble, holds, may_be_given, powers_of, troubles, who_answers
from pianqu.rooms.directory.queries.presence import (
    DutyCard,
    Gap,
    SendDownCard,
    duty_gaps,
    here_by_centre,
    on_duty,
    roster,
    uncovered,
    who_is_here,
)
from pianqu.rooms.directory.queries.prevailing import PowerCard, Responsibility
from pianqu.rooms.directory.queries.scopes import Scope, scope_of

__all__ = [
    "DutyCard",
    "Gap",
    "Giving",
    "OrganisationCard",
    "PostCard",
    "PowerCard",
    "Responsibility",
    "Scope",
    "SendDownCard",
    "Trouble",
    "actor_for",
    "all_organisations",
    "areas_of",
    "duty_gaps",
    "every_organisation",
    "grounds",
    "here_by_centre",
    "holds",
    "is_leader",
    "may_approve",
    "may_be_given",
    "name_of",
    "on_duty",
    "organisation",
    "organisations",
    "posts_of",
    "powers_of",
    "roster",
    "scope_of",
    "successors",
    "superiors",
    "title_of",
    "troubles",
    "uncovered",
    "who_answers",
    "who_is_here",
]
