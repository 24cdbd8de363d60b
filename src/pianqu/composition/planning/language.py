"""The reader's language for commands that run where no installation is: catalogues and nothing else of the program."""

import os
from contextlib import suppress

import django
from django.conf import settings

from pianqu.foundation.catalogues import PACKAGE, compile_catalogues

LANGUAGES = ("zh-hans", "en")


def speak() -> None:
    """Say everything in the language of PIANQU_LANGUAGE, Chinese where it names none; harmless in an installation."""
    if settings.configured:
        return
    with suppress(OSError):
        compile_catalogues()
    asked = os.environ.get("PIANQU_LANGUAGE", "").strip().lower()
    settings.configure(
        USE_I18N=True,
        LANGUAGE_CODE=asked if asked in LANGUAGES else LANGUAGES[0],
        LOCALE_PATHS=[PACKAGE / floor / "locale" for floor in ("composition", "rooms/territory", "foundation")],
        INSTALLED_APPS=[],
        LOGGING_CONFIG=None,
    )
    django.setup()
