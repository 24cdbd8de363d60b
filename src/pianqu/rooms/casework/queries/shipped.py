"""The shipped categories, and which of the four platforms a matter counts for."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db.models import Q

NONE = "none"
PLATFORMS = ("order", "market", "enforcement", "services")
"""The four platforms 四平台: 综治工作, 市场监管, 综合执法, 便民服务."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCard:
    """A category as a form offers it. Added ones have neither icon of their own nor hints."""

    code: str
    name_zh: str
    name_en: str
    icon: str = "file-text"
    hint_zh: str = ""
    hint_en: str = ""
    platform: str = ""
    """One of PLATFORMS; empty where it counts for none."""


@lru_cache(maxsize=1)
def shipped_categories() -> tuple[CategoryCard, ...]:
    """The few categories of categories.toml, in its order; `unknown` is the last."""
    table = tomllib.loads(Path(__file__).parent.with_name("categories.toml").read_text(encoding="utf-8"))
    return tuple(
        CategoryCard(
            code=row["code"],
            name_zh=row["zh"],
            name_en=row["en"],
            icon=row["icon"],
            hint_zh=row["hint_zh"],
            hint_en=row["hint_en"],
            platform=row.get("platform", ""),
        )
        for row in table["category"]
    )


@lru_cache(maxsize=1)
def platforms_by_category() -> dict[str, str]:
    """Category → platform; what has none, and what another district's matters brought, is missing."""
    return {card.code: card.platform for card in shipped_categories() if card.platform}


def platform_of(category: str, moved_to: str) -> str:
    """The platform that a matter counts for: where it was moved, or else its category's; NONE for none."""
    return moved_to or platforms_by_category().get(category, NONE)


def counts_for(platform: str) -> Q:
    """Matters of one of PLATFORMS, or of NONE; all of them where none is named."""
    if not platform:
        return Q()
    known = platforms_by_category()
    own = [category for category, its in known.items() if its == platform]
    by_category = ~Q(category__in=list(known)) if platform == NONE else Q(category__in=own)
    return Q(platform="") & by_category | Q(platform=platform)
