"""By what open matters are found as like another one: written and kept true by the worker, a few seconds after they came."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from pianqu.foundation.guard import lifted
from pianqu.kernels import likeness
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, Likeness, LikenessKey

MANY = 500
MOST_SAID = 2_000
"""By so many keys a matter and what joined it are found: beyond that, further wordings add nothing."""


def write_likeness(cases: Iterable[Case]) -> None:
    """Let new matters be found. A few statements for some hundred matters.

    What joined a matter is found by what it says beyond those who came before it: ten thousand who say the same weigh as one.
    Who says nothing new, or nothing at all, has a row without keys: it was read.
    """
    found = {case.id: (case.parent_id, likeness.keys(f"{case.words}\n{case.landmark}")) for case in cases}
    if not found:
        return
    Likeness.objects.bulk_create([Likeness(case_id=case_id) for case_id in found], ignore_conflicts=True)
    said = _said({parent for parent, _keys in found.values() if parent})
    rows = (
        Likeness.objects.filter(case_id__in=found).order_by("case__opened_at", "case_id").values_list("id", "case_id")
    )
    LikenessKey.objects.bulk_create(
        [LikenessKey(key=key, likeness_id=row) for row, case_id in rows for key in _new(*found[case_id], said)]
    )


def _said(parents: Collection[UUID]) -> dict[UUID, set[int]]:
    """What these matters and those that joined them are found by, each of them together."""
    said: dict[UUID, set[int]] = {parent: set() for parent in parents}
    if parents:
        family = LikenessKey.objects.filter(Q(likeness__case__in=parents) | Q(likeness__case__parent__in=parents))
        rows = family.values_list("likeness__case_id", "likeness__case__parent_id", "key")
        for case_id, parent, key in rows:
            said[parent or case_id].add(key)
    return said


def _new(parent: UUID | None, keys: Sequence[int], said: dict[UUID, set[int]]) -> list[int]:
    if parent is None:
        return list(keys)
    before = said[parent]
    new = [key for key in keys if key not in before][: max(0, MOST_SAID - len(before))]
    before.update(new)
    return new


def forget_likeness(case_id: UUID, *, joined_to: UUID | None = None) -> None:
    """It is written anew at the worker's next turn, as what it is by then; and so are some of those that said the same.

    `joined_to`: the matter that it was a part of. What it said first, others who joined were not written with.
    """
    rows = list(Likeness.objects.filter(case_id=case_id).values_list("id", flat=True))
    if rows and joined_to is not None:
        rows += Likeness.objects.filter(case__parent_id=joined_to).order_by("id").values_list("id", flat=True)[:MANY]
    _drop(rows)


def keep_likeness(*, most: int = MANY) -> int:
    """Matters that have ended go, open ones that are missing come; answers how many. A few statements, whatever there is.

    What joined a matter speaks for it as long as that one is open, also once it has its own answer.
    """
    stands = Q(case__parent=None, case__state__in=OPEN) | Q(case__parent__state__in=OPEN)
    with lifted("made from what is there, and telling nothing new"), transaction.atomic():
        ended = list(Likeness.objects.exclude(stands).values_list("id", flat=True)[:most])
        _drop(ended)
        known = Likeness.objects.filter(case=OuterRef("pk"))
        led = Q(parent=None) | Q(parent__state__in=OPEN)
        missing = Case.objects.filter(led, ~Exists(known), state__in=OPEN, erased_at=None).exclude(
            words="", landmark=""
        )
        cases = list(missing.only("id", "words", "landmark", "parent_id").order_by("-opened_at", "-id")[:most])
        write_likeness(cases)
    return len(ended) + len(cases)


def _drop(rows: Collection[int]) -> None:
    if rows:
        LikenessKey.objects.filter(likeness_id__in=rows).delete()
        Likeness.objects.filter(id__in=rows).delete()
