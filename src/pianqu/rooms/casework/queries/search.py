"""Which cases a search means. A rare word is looked up and its few cases are asked who may see them; a frequent one is read
for along the list, for soon enough come as many as a page shows. (Decision 0009.)
"""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan, IsNull

from pianqu.foundation.db import fetch
from pianqu.kernels import bigrams, checkcode, words
from pianqu.rooms.casework import sql
from pianqu.rooms.casework.models import SearchText

FEW = 2_000
"""So many texts are looked at one by one. A word that more have turns up on every page of the list at least."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a list is to be held to, and how it is best walked."""

    where: Q
    is_few: bool = False
    """At most FEW cases can be meant."""
    is_frequent: bool = False
    """More than FEW texts have the words: they are not counted."""


def sought(text: str) -> Sought:
    """A code means one case; other words mean the cases whose words and landmark have all of them. One statement for words.

    Upper and lower case, full and half width are one; at most eight words count.
    """
    text = words.clean(text)
    if checkcode.is_valid(text):
        return Sought(Q(code=checkcode.normalise(text)), is_few=True)
    terms = bigrams.terms(text)
    if not terms:
        return Sought(Q())
    if int(fetch(sql.rarity(terms, FEW + 1))[0][0]) <= FEW:
        return Sought(Q(id__in=sql.holding(terms)), is_few=True)
    texts = SearchText.objects.filter(case_id=OuterRef("pk"))
    for term in terms:
        texts = texts.filter(GreaterThan(StrIndex(F("folded"), Value(term)), 0))
    read = Subquery(texts.values("id")[:1])  # unlike EXISTS no planner makes a join of it, which would read every text
    return Sought(Q(IsNull(read, False)), is_frequent=True)
