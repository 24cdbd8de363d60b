"""What a page of the desk carries, so that its script can ask what others changed since."""

from django.urls import reverse

from pianqu.rooms.casework import queries


def on_list(mark: queries.Mark, query: str) -> dict[str, str]:
    """`query` is the part of an address that asks for this list."""
    return {"live": reverse("casework:news") + query, "live_after": str(mark)}


def on_case(card: queries.CaseCard) -> dict[str, str]:
    return {"live": reverse("casework:case_news", args=[card.case_id]), "live_after": queries.mark_of(card.timeline)}
