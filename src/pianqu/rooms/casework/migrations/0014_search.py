"""Words are found by pairs of characters. The index is each database's own; services/searching.py takes in what stands there.

On SQLite triggers keep the index in step. A later migration that makes the table anew has to make them anew too.
"""

from django.db import migrations, models

SQLITE = (
    """CREATE VIRTUAL TABLE casework_grams USING fts5(
        grams, content='casework_searchtext', content_rowid='id', detail='none', columnsize=0, tokenize='ascii')""",
    """CREATE TRIGGER casework_grams_in AFTER INSERT ON casework_searchtext BEGIN
        INSERT INTO casework_grams(rowid, grams) VALUES (new.id, new.grams); END""",
    """CREATE TRIGGER casework_grams_out AFTER DELETE ON casework_searchtext BEGIN
        INSERT INTO casework_grams(casework_grams, rowid, grams) VALUES ('delete', old.id, old.grams); END""",
    """CREATE TRIGGER casework_grams_new AFTER UPDATE OF grams ON casework_searchtext BEGIN
        INSERT INTO casework_grams(casework_grams, rowid, grams) VALUES ('delete', old.id, old.grams);
        INSERT INTO casework_grams(rowid, grams) VALUES (new.id, new.grams); END""",
)
POSTGRESQL = (
    "ALTER TABLE casework_searchtext ALTER COLUMN grams TYPE tsvector USING ''::tsvector",
    "CREATE INDEX searchtext_by_grams ON casework_searchtext USING gin (grams)",
    """CREATE FUNCTION casework_holding(asked tsquery, words text[]) RETURNS SETOF uuid
        LANGUAGE sql STABLE ROWS 500 SET enable_seqscan = off AS $$
        SELECT case_id FROM casework_searchtext
        WHERE grams @@ asked AND (SELECT bool_and(strpos(folded, word) > 0) FROM unnest(words) AS word) $$""",
    """CREATE FUNCTION casework_rarity(asked tsquery, most integer) RETURNS bigint
        LANGUAGE sql STABLE SET enable_seqscan = off AS $$
        SELECT count(*) FROM (SELECT 1 FROM casework_searchtext WHERE grams @@ asked LIMIT most) AS found $$""",
)
BACK = {
    "sqlite": ("DROP TABLE casework_grams",),
    "postgresql": (
        "DROP FUNCTION casework_holding(tsquery, text[])",
        "DROP FUNCTION casework_rarity(tsquery, integer)",
    ),
}


def make_index(_apps, editor):
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement)


def drop_index(_apps, editor):
    for statement in BACK[editor.connection.vendor]:
        editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ("casework", "0013_walks"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="行号 row")),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=models.deletion.PROTECT, related_name="+", to="casework.case"
                    ),
                ),
                ("folded", models.TextField(verbose_name="折叠文本 folded text")),
                ("grams", models.TextField(verbose_name="字对 pairs of characters")),
            ],
            options={"verbose_name": "检索文本 search text"},
        ),
        migrations.RunPython(make_index, drop_index),
    ]
