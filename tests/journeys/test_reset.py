"""The tests' own reset: what one leaves in the database, the next one does not meet."""

import pytest
from django.db import connection

from pianqu.foundation.testing import reset_database
from pianqu.rooms.directory.tests.builders import small_district


def rows() -> dict[str, int]:
    """Table → rows, of those that hold something."""
    quoted, found = connection.ops.quote_name, {}
    with connection.cursor() as cursor:
        for name in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT COUNT(*) FROM {quoted(name)}")
            found[name] = cursor.fetchone()[0]
    return {name: count for name, count in found.items() if count}


def next_number() -> int:
    """What a table that counts its rows gives to a new one."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_content_type (app_label, model) VALUES ('a', 'b') RETURNING id")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_reset_leaves_no_row_and_numbers_begin_again() -> None:
    reset_database()
    for _ in range(2):
        assert not rows()
        small_district()
        assert len(rows()) > 5 and next_number() == 1
        reset_database()
