"""The views: obtain, refresh, verify and blacklist tokens, by POST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.functional import classproperty
from django.utils.module_loading import import_string
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from .exceptions import InvalidToken, TokenError, TokenRevoked
from .settings import api_settings


class TokenViewBase(generics.GenericAPIView[Any]):
    """Answers a POST with what its serializer makes of it; a TokenError becomes a 401.

    A subclass names its serializer by `serializer_class`, or by dotted name in `_serializer_class`.
    """

    permission_classes = ()
    authentication_classes = ()

    serializer_class: type[BaseSerializer[Any]] | None = None
    _serializer_class: str = ""

    www_authenticate_realm = "api"

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """`serializer_class`, else what `_serializer_class` names; ImportError if nothing does."""
        if self.serializer_class is not None:
            return self.serializer_class
        try:
            return import_string(self._serializer_class)  # type: ignore[no-any-return]
        except ImportError as error:
            raise ImportError(f"Could not import serializer '{self._serializer_class}'") from error

    def get_authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of a 401; its presence is what makes it a 401 to DRF."""
        return f'{api_settings.header_types[0]} realm="{self.www_authenticate_realm}"'

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        try:
            serializer.is_valid(raise_exception=True)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return Response(serializer.validated_data, status=status.HTTP_200_OK)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, TokenRevoked) and exc.revoke is not None:
            _after_transaction(response, exc.revoke)
        return response


def _after_transaction(response: HttpResponseBase, work: Callable[[], object]) -> None:
    """Do it when the request's transaction has been rolled back: with ATOMIC_REQUESTS that is
    when the view returns.
    """
    if isinstance(response, SimpleTemplateResponse):
        response.add_post_render_callback(lambda rendered: work())
        return
    # A project's own handler of exceptions has made it. It is not rendered, but will be closed.
    close = response.close

    def work_and_close() -> None:
        try:
            work()
        finally:
            close()

    response.close = work_and_close  # type: ignore[method-assign]


class TokenObtainPairView(TokenViewBase):
    """Takes user name and password; gives a refresh and an access token."""

    @classproperty
    def _serializer_class(cls) -> str:
        return api_settings.TOKEN_OBTAIN_SERIALIZER  # type: ignore[no-any-return]


class TokenRefreshView(TokenViewBase):
    """Takes a refresh token; gives a new access token."""

    @classproperty
    def _serializer_class(cls) -> str:
        return api_settings.TOKEN_REFRESH_SERIALIZER  # type: ignore[no-any-return]


class TokenObtainSlidingView(TokenViewBase):
    """Takes user name and password; gives a sliding token."""

    @classproperty
    def _serializer_class(cls) -> str:
        return api_settings.SLIDING_TOKEN_OBTAIN_SERIALIZER  # type: ignore[no-any-return]


class TokenRefreshSlidingView(TokenViewBase):
    """Takes a sliding token; gives the same with new times."""

    @classproperty
    def _serializer_class(cls) -> str:
        return api_settings.SLIDING_TOKEN_REFRESH_SERIALIZER  # type: ignore[no-any-return]


class TokenVerifyView(TokenViewBase):
    """Takes a token and tells whether it is valid, not what it may be used for."""

    @classproperty
    def _serializer_class(cls) -> str:
        return api_settings.TOKEN_VERIFY_SERIALIZER  # type: ignore[no-any-return]


class TokenBlacklistView(TokenViewBase):
    """Takes a refresh token and blacklists it: it is not good for anything any more."""

    @classproperty
    def _serializer_class(cls) -> str:
        return api_settings.TOKEN_BLACKLIST_SERIALIZER  # type: ignore[no-any-return]


token_obtain_pair = TokenObtainPairView.as_view()
token_refresh = TokenRefreshView.as_view()
token_obtain_sliding = TokenObtainSlidingView.as_view()
token_refresh_sliding = TokenRefreshSlidingView.as_view()
token_verify = TokenVerifyView.as_view()
token_blacklist = TokenBlacklistView.as_view()


def __getattr__(name: str) -> Any:
    """AUTH_HEADER_TYPES, as the settings are now; simplejwt's module has it among its names."""
    if name == "AUTH_HEADER_TYPES":
        return api_settings.header_types
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
