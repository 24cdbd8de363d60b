"""A mask that showed the last digits told whoever saw it what proves to be the reporter."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0004_reopened_counts'),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE casework_contact SET mask = "
            "CASE WHEN mask LIKE '*%' THEN '*******' ELSE substr(mask, 1, 3) || '********' END",
            migrations.RunSQL.noop,
        ),
    ]
