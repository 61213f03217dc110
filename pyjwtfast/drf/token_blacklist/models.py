"""The two tables, column for column simplejwt's. Without the app both models are abstract."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from ..translation import gettext_lazy as _
from . import LABEL, is_installed


class OutstandingToken(models.Model):
    """A token that has been issued, and by which it can be blacklisted."""

    objects: ClassVar[models.Manager[OutstandingToken]]

    id = models.BigAutoField(primary_key=True, serialize=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    jti = models.CharField(unique=True, max_length=255)
    token = models.TextField()
    created_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = LABEL
        abstract = not is_installed()
        verbose_name = _("Outstanding Token")
        verbose_name_plural = _("Outstanding Tokens")
        ordering = ("user",)

    def __str__(self) -> str:
        return _("Token for %(user)s (%(jti)s)") % {"user": self.user, "jti": self.jti}


class BlacklistedToken(models.Model):
    """That a token which was issued is not good any more."""

    objects: ClassVar[models.Manager[BlacklistedToken]]

    id = models.BigAutoField(primary_key=True, serialize=False)
    token = models.OneToOneField(OutstandingToken, on_delete=models.CASCADE)
    blacklisted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = LABEL
        abstract = not is_installed()
        verbose_name = _("Blacklisted Token")
        verbose_name_plural = _("Blacklisted Tokens")

    def __str__(self) -> str:
        return _("Blacklisted token for %(user)s") % {"user": self.token.user}
