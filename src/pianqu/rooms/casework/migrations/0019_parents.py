"""An index of the parts of matters alone: of nearly all matters SQLite only knows that their parent is the same, none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0018_streets'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='case',
            index=models.Index(
                condition=models.Q(parent__isnull=False), fields=['parent', 'opened_at'], name='case_by_parent'
            ),
        ),
    ]
