import django.db.models.deletion
from django.db import migrations, models


def take_over(apps, schema_editor):
    """The key with which a log was created is its first."""
    for log in apps.get_model("ledger", "Log").objects.all():
        apps.get_model("ledger", "LogKey").objects.create(log=log, number=1, vkey=log.vkey, from_at=log.created_at)


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_monitor'),
    ]

    operations = [
        migrations.CreateModel(
            name='LogKey',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name='序号 number')),
                ('vkey', models.CharField(max_length=300, unique=True, verbose_name='公钥 verifier key')),
                ('from_at', models.DateTimeField(verbose_name='启用时间 from')),
                ('until_at', models.DateTimeField(null=True, verbose_name='停用时间 until')),
                ('log', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.log', verbose_name='账本 log')),
            ],
            options={
                'verbose_name': '账本公钥 log key',
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
