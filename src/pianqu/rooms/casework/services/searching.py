"""What a search reads of cases: written with each case, and made again from the cases where it is missing as a whole."""

from collections.abc import Iterable
from itertools import islice

from django.db import transaction

from pianqu.foundation.db import insert_new
from pianqu.foundation.guard import lifted
from pianqu.kernels import bigrams
from pianqu.rooms.casework.models import Case, SearchText

CHUNK = 1_000


def write_texts(cases: Iterable[Case]) -> None:
    """Let the words and landmarks of new cases be found. One statement for some hundred cases."""
    made = [SearchText(case=case, folded=text, grams=bigrams.grams(text)) for case in cases if (text := _text(case))]
    insert_new(made)


def make_texts() -> None:
    """After a migration: take in what is there, once. Nothing happens where any text is there already."""
    if SearchText.objects.exists() or not Case.objects.exists():
        return
    with lifted("made from what is there, and telling nothing new"), transaction.atomic():
        cases = Case.objects.only("id", "words", "landmark").iterator(CHUNK)
        while some := list(islice(cases, CHUNK)):
            write_texts(some)


def _text(case: Case) -> str:
    return bigrams.document(case.words, case.landmark)
