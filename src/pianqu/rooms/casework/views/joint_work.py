"""What stands around a matter when several work on it: the rule's suggestion, templates, checklist, order, calls, task forces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.queries import RuleSuggestion
from pianqu.rooms.casework.views import shown, whistle_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A rule's suggestion in words."""

    found: RuleSuggestion
    lead: str
    helpers: tuple[str, ...]
    why: str
    passed: tuple[str, ...]


def around(
    actor: Actor,
    card: queries.CaseCard,
    handling: queries.Handling,
    organisations: shown.Organisations,
    now: datetime,
    by_list: str,
    there: queries.Around,
) -> dict[str, Any]:
    """The context of the matter's page, in a few statements. `by_list`: whom the duty lists name."""
    dispatches = handling.may.dispatch
    found = queries.case_suggestion(actor, card.case_id, now=now) if dispatches and there.rules else None
    joint = queries.joint_of(card.case_id) if there.checks or there.waits else queries.Joint()
    is_open = card.state in OPEN
    has_part = any(part.organisation_code == actor.organisation_code for part in handling.parts)
    templates = queries.templates() if dispatches and there.templates else None
    whistles = queries.whistles_for(actor, now=now, case_id=card.case_id) if there.whistles else ()
    return {
        "suggested": _in_words(found, organisations) if found else None,
        "first_choice": (found.lead_code if found.allowed else "") if found else by_list,
        "suggested_helpers": found.helper_codes if found and found.allowed else (),
        "templates": _offered(templates, card.category) if templates else (),
        "checks": [
            (one, organisations.short(one.organisation_code) if one.organisation_code else "") for one in joint.checks
        ],
        "may_tick": is_open and (rules.may_triage(actor) or (actor.acts and has_part)),
        "waits": [
            (organisations.short(code), [organisations.short(after) for after in before])
            for code, before in joint.waits.items()
        ],
        "may_order": handling.may.join and sum(part.role == "helper" for part in handling.parts) > 1,
        "helper_parts": [
            (part.organisation_code, organisations.short(part.organisation_code))
            for part in handling.parts
            if part.role == "helper"
        ],
        "whistle_lines": whistle_lines.lines_of(whistles, organisations) if whistles else (),
        "may_whistle": is_open and rules.may_whistle(actor, organisations.kind(actor.organisation_code)),
        "forces": queries.forces_of_case(card.case_id) if there.forces else (),
    }


def _offered(templates: queries.Templates, category: str) -> Sequence[queries.TemplateCard]:
    """Living templates, those of this category first."""
    living = [card for card in templates.cards.values() if not card.ended]
    return sorted(living, key=lambda card: (category not in card.categories, card.name))


def _in_words(found: RuleSuggestion, organisations: shown.Organisations) -> Suggested:
    names = condition_names()
    comma = pgettext("list", ", ")
    why = [names[name] for name in found.conditions if name != "words"]
    if found.words:
        why.append(_("the words %(words)s") % {"words": comma.join(f"“{word}”" for word in found.words)})
    return Suggested(
        found=found,
        lead=organisations.short(found.lead_code) if found.lead_code else "",
        helpers=tuple(organisations.short(code) for code in found.helper_codes),
        why=comma.join(why) or _("it takes every matter"),
        passed=tuple(
            _("%(rule)s: %(why)s") % {"rule": code, "why": names.get(why_not, why_not)}
            for code, why_not in found.passed
        ),
    )


def condition_names() -> dict[str, str]:
    """What a rule can look at, in words."""
    return {
        "categories": _("the category"),
        "areas": _("the place"),
        "cells": _("the cell"),
        "channels": _("the channel"),
        "weekdays": _("the day of the week"),
        "minutes": _("the time of day"),
        "words": _("the words"),
        "returned_by": _("who gave it back"),
        "gave-back": _("its lead gave this matter back"),
    }
