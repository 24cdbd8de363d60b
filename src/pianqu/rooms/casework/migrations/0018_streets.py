"""An index by street, so that a street's list is walked in its order and not put together from its communities."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0017_exports'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='case',
            index=models.Index(
                models.Func(
                    models.F('place_code'),
                    template='SUBSTR(%(expressions)s, 1, 9)',
                    output_field=models.CharField(max_length=9),
                ),
                'opened_at',
                'id',
                name='case_by_street',
            ),
        ),
    ]
