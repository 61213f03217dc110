"""The Django app `token_blacklist`."""

from django.apps import AppConfig

from ..translation import gettext_lazy as _
from . import LABEL


class TokenBlacklistConfig(AppConfig):
    """The app `pyjwtfast.drf.token_blacklist`, with simplejwt's label."""

    name = "pyjwtfast.drf.token_blacklist"
    label = LABEL
    verbose_name = _("Token Blacklist")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks of the settings: this may be the only one of our apps."""
        from ..checks import register_checks

        register_checks()
