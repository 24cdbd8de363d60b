from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def copy_moments(apps, _editor):
    """Tasks that stand already learn when their cases came in."""
    came_in = apps.get_model("casework", "Case").objects.filter(pk=OuterRef("case_id")).values("opened_at")
    apps.get_model("casework", "Task").objects.update(case_opened_at=Subquery(came_in))


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0012_counts'),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='case_opened_at',
            field=models.DateTimeField(null=True, verbose_name='办件受理时间 when its case came in'),
        ),
        migrations.RunPython(copy_moments, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='task',
            name='case_opened_at',
            field=models.DateTimeField(verbose_name='办件受理时间 when its case came in'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organisation_code', 'opened_at', 'id'], name='case_received'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['organisation_code', 'case_opened_at', 'case', 'state'], name='task_by_time'),
        ),
    ]
