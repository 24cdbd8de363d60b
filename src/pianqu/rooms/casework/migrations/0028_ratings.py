"""Ratings that stand on matters get rows of their own, so that they outlive a reopening. What was reset before is not known."""

from django.db import migrations

EACH = 500


def fill(apps, _editor):
    case_model, rating = apps.get_model("casework", "Case"), apps.get_model("casework", "Rating")
    entry = apps.get_model("ledger", "Entry")
    rated = case_model.objects.filter(score__isnull=False).order_by("id")
    columns = ("id", "score", "lead_code", "organisation_code")
    last = None
    while True:
        rows = list((rated.filter(id__gt=last) if last else rated).values_list(*columns)[:EACH])
        if not rows:
            return
        last = rows[-1][0]
        subjects = [f"case:{row[0]}" for row in rows]
        told = entry.objects.filter(kind="casework.case-rated", subject__in=subjects).order_by("recorded_at")
        latest = {subject: (id_, at) for subject, id_, at in told.values_list("subject", "id", "recorded_at")}
        rating.objects.bulk_create(
            [
                rating(
                    entry_id=latest[f"case:{id_}"][0],
                    case_id=id_,
                    organisation_code=lead or receiver,
                    score=score,
                    by="",
                    rated_at=latest[f"case:{id_}"][1],
                )
                for id_, score, lead, receiver in rows
                if f"case:{id_}" in latest
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):

    dependencies = [
        ("casework", "0027_supervision"),
        ("ledger", "0001_initial"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
