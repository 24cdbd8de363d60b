from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_queue_without_index")]

    operations = [
        migrations.CreateModel(
            name="EndedLog",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name="序号 number")),
                ("origin", models.CharField(max_length=200, unique=True, verbose_name="来源名 origin")),
                ("vkeys", models.JSONField(verbose_name="公钥 verifier keys")),
                ("size", models.PositiveBigIntegerField(verbose_name="已公布条数 published size")),
                ("held", models.PositiveBigIntegerField(verbose_name="在库条数 held")),
                ("text", models.TextField(verbose_name="最后签名文本 last signed note")),
                ("reason", models.CharField(max_length=500, verbose_name="原因 reason")),
                ("went_on_as", models.CharField(max_length=200, verbose_name="后继来源名 went on as")),
                ("ended_at", models.DateTimeField(verbose_name="终止时间 ended at")),
            ],
            options={"verbose_name": "已终止的账本 ended log"},
        ),
    ]
