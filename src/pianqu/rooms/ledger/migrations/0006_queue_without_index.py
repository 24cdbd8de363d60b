"""The queue of what waits for its position loses index and constraint, which took half of the time of recording."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def lift_trigger(_apps: Any, schema_editor: Any) -> None:
    """SQLite makes the table anew, which a trigger that speaks of it forbids; it is put back after every migration."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS ledger_entry__queued")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_anchors")]

    operations = [
        migrations.RunPython(lift_trigger, lift_trigger),
        migrations.AlterField(
            model_name="unsealed",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
    ]
