"""The Django app `token_blacklist`."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.functional import classproperty

from ..apps import set_up
from ..translation import gettext_lazy as _
from ..utils import app_name
from . import LABEL


class TokenBlacklistConfig(AppConfig):
    """The app `pyjwtfast.drf.token_blacklist`, with simplejwt's label."""

    label = LABEL
    verbose_name = _("Token Blacklist")
    default_auto_field = "django.db.models.BigAutoField"

    @classproperty
    def name(cls) -> str:
        return app_name("pyjwtfast.drf.token_blacklist")

    def ready(self) -> None:
        set_up()
