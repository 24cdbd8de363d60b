from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0010_evm_anchors'),
    ]

    operations = [
        migrations.AddField(
            model_name='cursor',
            name='passed_over',
            field=models.PositiveBigIntegerField(default=0, verbose_name='跳过条数 passed over'),
        ),
    ]
