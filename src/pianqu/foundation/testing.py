"""For tests only: the one reset that lifts the ledger's triggers, because Django's flush cannot pass them."""

from shutil import rmtree

from django.core.management import call_command

from pianqu.foundation import after_migrate, guard
from pianqu.foundation.installation import installation


def reset_database() -> None:
    """Empty every table of the default database and forget what was published."""
    with guard.lifted("the tests' reset empties every table"):
        after_migrate.lift_all()
        try:
            call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        finally:
            after_migrate.put_all()
    rmtree(installation().published, ignore_errors=True)
