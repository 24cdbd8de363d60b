"""By what open matters are found as like another one: written and kept true by the worker, a few seconds after they came."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from pianqu.foundation.guard import lifted
from pianqu.kernels import likeness
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, Likeness, LikenessKey

MANY = 500


def write_likeness(cases: Iterable[Case]) -> None:
    """Let new matters be found. Two statements for some hundred matters."""
    found = {case.id: keys for case in cases if (keys := likeness.keys(f"{case.words}\n{case.landmark}"))}
    if not found:
        return
    Likeness.objects.bulk_create([Likeness(case_id=case_id) for case_id in found], ignore_conflicts=True)
    rows = Likeness.objects.filter(case_id__in=found).values_list("id", "case_id")
    LikenessKey.objects.bulk_create(
        [LikenessKey(key=key, likeness_id=row) for row, case_id in rows for key in found[case_id]]
    )


def keep_likeness(*, most: int = MANY) -> int:
    """Matters that have ended go, open ones that are missing come; answers how many. A few statements, whatever there is."""
    with lifted("made from what is there, and telling nothing new"), transaction.atomic():
        ended = list(Likeness.objects.exclude(case__state__in=OPEN).values_list("id", flat=True)[:most])
        if ended:
            LikenessKey.objects.filter(likeness_id__in=ended).delete()
            Likeness.objects.filter(id__in=ended).delete()
        known = Likeness.objects.filter(case=OuterRef("pk"))
        missing = Case.objects.filter(~Exists(known), state__in=OPEN, erased_at=None).exclude(words="", landmark="")
        cases = list(missing.only("id", "words", "landmark").order_by("-opened_at", "-id")[:most])
        write_likeness(cases)
    return len(ended) + len(cases)
