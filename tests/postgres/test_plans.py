"""What PostgreSQL does to answer: no list, search or page reads a large table from end to end."""

import pytest
from django.db import connection

from pianqu.composition.bench import size
from pianqu.composition.bench.filling import BATCH, Corpus, _batch, ground
from pianqu.composition.district import load_district
from pianqu.foundation.db import run, vendor

pytestmark = pytest.mark.django_db

ROWS = 12_000


def test_no_question_reads_a_large_table_from_end_to_end() -> None:
    if vendor() != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    load_district(code="330205", now=size.NOW)
    for start in range(0, ROWS, BATCH):
        _batch(range(start, start + BATCH), ground(), Corpus(), ROWS)
    run(("ANALYZE", ()))
    assert size.whole_reads(30) == []
    with connection.cursor() as cursor:  # the measure itself sees one
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT words FROM casework_case WHERE words LIKE '%x%'")
        assert size._read_whole(cursor.fetchone()[0][0]["Plan"]) == ["casework_case"]
