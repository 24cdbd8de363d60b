"""How somebody is reached: a telephone number or a mail address, as it was typed, masked, and what proves to know it."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid
from pianqu.kernels import words

PHONE, MAIL = "phone", "mail"
_SEPARATORS = re.compile(r"[\s\-‐‑–—－().（）]+")
_PHONE = re.compile(r"\+?[0-9]{7,15}")
_HOME = re.compile(r"^(?:\+|00)86(1[0-9]{10})$")
"""A mobile number of this country with the country's prefix: the same as without."""
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９＋", "0123456789+")


@dataclass(frozen=True, slots=True)
class Reached:
    """A way to reach somebody: a telephone's digits or a mail address."""

    kind: str
    value: str

    @property
    def channel(self) -> str:
        """How a message goes there."""
        return "mail" if self.kind == MAIL else "sms"

    @property
    def proof(self) -> str:
        """What proves to know it: the last four digits, or the whole address."""
        return self.value if self.kind == MAIL else self.value[-4:]

    @property
    def mask(self) -> str:
        """Enough to tell one's own apart. Never a number's last digits: they prove to be the reporter."""
        if self.kind == MAIL:
            name, _at, host = self.value.partition("@")
            return f"{name[0]}***@{host}"
        shown = 3 if len(self.value) >= 11 else 2
        return self.value[:shown] + "*" * (len(self.value) - shown)


def reached(typed: str) -> Reached:
    """The telephone number or mail address that was typed. Raises Invalid when it is neither."""
    text = words.clean(typed)
    if "@" in text:
        try:
            validate_email(text.strip())
        except ValidationError as error:
            sentence = _("This is not a mail address. Please correct it, or leave it empty: a contact is not needed.")
            raise Invalid("contact-not-an-address", sentence) from error
        return Reached(MAIL, text.strip().lower())
    number = _SEPARATORS.sub("", text.translate(_WIDE_DIGITS))
    if not _PHONE.fullmatch(number):
        raise Invalid(
            "contact-not-a-number",
            _("This is not a telephone number. Please correct it, or leave it empty: a contact is not needed."),
        )
    return Reached(PHONE, _HOME.sub(r"\1", number))
