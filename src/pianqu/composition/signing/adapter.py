"""What allauth's authenticators ask of the house: secrets are sealed with the field keys, codes are named by the sign-in name."""

from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from pianqu.foundation import crypto

PLACE = {"table": "mfa_authenticator", "column": "data", "row": "secret"}
"""Where every secret of allauth's table stands; it does not say in which row."""


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth takes it from MFA_ADAPTER."""

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text, **PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text, **PLACE)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": _("Jiangbei Clusters")}

    def get_totp_issuer(self) -> str:
        return _("Jiangbei Clusters")
