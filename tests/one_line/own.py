"""What a project of simplejwt's users has of its own, by simplejwt's names. For subprocesses."""

from __future__ import annotations

from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken


class TeamAccessToken(AccessToken):
    """For AUTH_TOKEN_CLASSES."""


class TeamRefreshToken(RefreshToken):
    access_token_class = TeamAccessToken


class TeamSerializer(TokenObtainPairSerializer):
    """For TOKEN_OBTAIN_SERIALIZER."""

    token_class = TeamRefreshToken

    @classmethod
    def get_token(cls, user: Any) -> Any:
        token = super().get_token(user)
        token["team"] = "analytics"
        return token


class HeaderlessAuthentication(JWTAuthentication):
    """For DEFAULT_AUTHENTICATION_CLASSES: the token alone, in a header of its own."""

    def get_header(self, request: Any) -> Any:
        token = request.META.get("HTTP_X_TOKEN")
        return None if token is None else b"Bearer " + token.encode()


def may_log_in(user: Any) -> bool:
    """For USER_AUTHENTICATION_RULE."""
    return user is not None and user.username != "mallory"
