"""The Django app `token_blacklist`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from . import LABEL


class TokenBlacklistConfig(AppConfig):
    """The app `pyjwtfast.drf.token_blacklist`, with simplejwt's label."""

    name = "pyjwtfast.drf.token_blacklist"
    label = LABEL
    verbose_name = _("Token Blacklist")
    default_auto_field = "django.db.models.BigAutoField"
