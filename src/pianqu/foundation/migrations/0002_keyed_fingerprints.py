"""Answers kept beside an unkeyed fingerprint go: who reads the database could try telephone numbers against it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM foundation_idempotencykey", migrations.RunSQL.noop),
    ]
