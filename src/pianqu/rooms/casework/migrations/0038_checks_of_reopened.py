"""A check of the new answer can end without a call. Answers of reopened matters that nobody was asked to check are listed."""

from uuid import uuid4

from django.db import migrations, models
from django.db.models import Exists, OuterRef
from django.utils import timezone

OUTCOMES = ["", "satisfied", "dissatisfied", "unreachable", "holds", "fails", "no-contact", "rated"]
EACH = 500


def fill(apps, _editor):
    case, call_back = (apps.get_model("casework", name) for name in ("Case", "CallBack"))
    now = timezone.now()
    live = call_back.objects.filter(ended_at=None)
    unchecked = case.objects.filter(state="resolved", reopenings__gt=0, imported_from=None)
    unchecked = unchecked.exclude(Exists(live.filter(case=OuterRef("pk"))))
    rows = [call_back(id=uuid4(), case_id=id_, reason="reopened", listed_at=now) for id_ in unchecked.values_list("id", flat=True)]
    call_back.objects.bulk_create(rows, batch_size=EACH)


class Migration(migrations.Migration):

    dependencies = [("casework", "0037_what_may_be_dangerous")]

    operations = [
        migrations.RemoveConstraint(model_name="callback", name="call_back_outcome_is_known"),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.CheckConstraint(
                condition=models.Q(outcome__in=OUTCOMES), name="call_back_outcome_is_known"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
