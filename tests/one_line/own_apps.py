"""An app of a project's own, made of simplejwt's. For subprocesses."""

from rest_framework_simplejwt.token_blacklist.apps import TokenBlacklistConfig


class Revoked(TokenBlacklistConfig):
    """For INSTALLED_APPS."""

    verbose_name = "Revoked tokens"
