"""add_categories: another district's categories are taken over with its matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import CategoryAdded
from pianqu.rooms.casework.models import Category
from pianqu.rooms.ledger import services as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCategory:
    """A category by its code and its names."""

    code: str
    name_zh: str
    name_en: str


@verb
def add_categories(*, actor: Actor, categories: Sequence[NewCategory], now: datetime) -> int:
    """Add those that are not there yet; answers how many were new."""
    rules.check_may_add_categories(actor)
    there = queries.known_codes()
    fresh = [category for category in categories if category.code not in there]
    if not fresh:
        return 0
    facts = [
        CategoryAdded(
            subject=f"category:{category.code}",
            organisation_code=actor.organisation_code,
            code=category.code,
            name_zh=category.name_zh,
            name_en=category.name_en,
        )
        for category in fresh
    ]
    ledger.record(facts, actor=actor, now=now)
    Category.objects.bulk_create(
        Category(code=category.code, name_zh=category.name_zh, name_en=category.name_en) for category in fresh
    )
    queries.forget_categories()
    return len(fresh)
