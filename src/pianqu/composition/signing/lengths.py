"""The shortest password, said in the reader's language: Django's own sentence has no Chinese."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Refuses what is shorter than `min_length` characters."""

    def get_error_message(self) -> str:
        return _("The password needs at least %(least)s characters.") % {"least": self.min_length}

    def get_help_text(self) -> str:
        return self.get_error_message()
