"""`request.user` from a token, for what runs outside of Django REST Framework's views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException

from . import asynchronous
from .authentication import JWTAuthentication, JWTLazyUserAuthentication
from .exceptions import (
    AuthenticationFailed,
    KeysUnavailable,
    RevocationsUnavailable,
    headers_of,
)
from .per_request import Attempt, find_attempt, keep_attempt
from .settings import api_settings


class JWTAuthenticationMiddleware:
    """Sets `request.user` and `request.auser` by the request's token; sync and async in one.

    To stand after AuthenticationMiddleware, whose user stays where the request brings no token.
    Where it brings one, the token is verified here, and the user is loaded when `request.user` is
    first used or `request.auser()` awaited. `request.auth` is the verified token, or None.

    A token or a user that is refused makes `request.user` an AnonymousUser, whatever the session
    says, and `request.auth_error` the exception that says why. To raise that one is to answer
    401, as a view of Django REST Framework does; those do so by themselves, of this verification.

    Responses say by Vary that they depend on that header (RFC 9110 section 12.5.5), or a cache in
    front of the views would give one user's page to another: it is not the session that was asked.
    """

    sync_capable = True
    async_capable = True

    # Of a subclass: whose steps are taken.
    authentication_class: type[JWTAuthentication] = JWTAuthentication

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
            # A sync one would be called in a thread, for each request.
            self.process_view = self._process_view_async  # type: ignore[method-assign, assignment]

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._call_async(request)
        attempt = self._begin(request)
        if attempt is not None:
            with suppress(APIException):  # it is kept there
                attempt.verify()
            self._set_user(request, attempt)
        return self._varied(self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        attempt = self._begin(request)
        if attempt is not None:
            with suppress(APIException):
                await asynchronous.verify(attempt)
            self._set_user(request, attempt)
        return self._varied(await self.get_response(request))

    def _varied(self, response: Any) -> HttpResponseBase:
        """The response, with what it depends on; that is told where there was no token, too."""
        names = [api_settings.AUTH_HEADER_NAME.removeprefix("HTTP_").replace("_", "-").title()]
        if self.authentication_class.get_header is not JWTAuthentication.get_header:
            names.append("Cookie")  # where others that look elsewhere do so
        patch_vary_headers(response, names)
        return cast("HttpResponseBase", response)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        """Give views that ask for the session's user that one.

        DRF's SessionAuthentication takes `request.user` for it, and would want a CSRF token.
        """
        attempt = find_attempt(request)
        if isinstance(attempt, _Attempt) and _asks_session(view):
            attempt.restore(request)

    async def _process_view_async(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        JWTAuthenticationMiddleware.process_view(self, request, view, args, kwargs)

    def process_exception(self, request: HttpRequest, exception: Exception) -> JsonResponse | None:
        """The 401 (or 503) of an error of ours that nobody else has made an answer of."""
        if not isinstance(
            exception, (AuthenticationFailed, KeysUnavailable, RevocationsUnavailable)
        ):
            return None
        challenge = self.authentication_class().authenticate_header(cast("Any", request))
        return JsonResponse(
            exception.detail,
            status=exception.status_code,
            headers=headers_of(exception, challenge),
        )

    def _begin(self, request: Any) -> _Attempt | None:
        """What the request's header says; None where it says nothing."""
        request.auth = request.auth_error = None
        authenticator = self.authentication_class()
        try:
            raw_token = authenticator._find_raw_token(request)
        except APIException as error:
            attempt = _Attempt(authenticator, None, refused_with=error)
        else:
            if raw_token is None:
                return None
            attempt = _Attempt(authenticator, raw_token)
        attempt.remember(request)
        keep_attempt(request, attempt)
        return attempt

    def _set_user(self, request: Any, attempt: Attempt) -> None:
        request.auth, request.auth_error = attempt.token, attempt.token_error
        request.user = SimpleLazyObject(partial(_user, request, attempt))
        request.auser = partial(_auser, request, attempt)


class _Attempt(Attempt):
    """An attempt that knows whose the request was before."""

    before: dict[str, Any]

    def remember(self, request: HttpRequest) -> None:
        attributes = vars(request)
        self.before = {name: attributes[name] for name in ("user", "auser") if name in attributes}

    def restore(self, request: HttpRequest) -> None:
        for name in ("user", "auser"):
            vars(request).pop(name, None)
        vars(request).update(self.before, auth=None)


def _user(request: Any, attempt: Attempt) -> Any:
    try:
        token = attempt.verify()
        authenticator = attempt.authenticator
        if not isinstance(authenticator, JWTLazyUserAuthentication):
            return attempt.load()
        user = authenticator.get_user(token)
        authenticator.attach(user, token, request)
        return user
    except APIException as error:
        return _nobody(request, error)


async def _auser(request: Any, attempt: Attempt) -> Any:
    try:
        await asynchronous.verify(attempt)
        return await asynchronous.load(attempt)
    except APIException as error:
        return _nobody(request, error)


def _nobody(request: Any, error: APIException) -> AnonymousUser:
    request.auth, request.auth_error = None, error
    return AnonymousUser()


def _asks_session(view: Callable[..., Any]) -> bool:
    kinds = getattr(getattr(view, "cls", None), "authentication_classes", ())
    # Those given to as_view(), or to an action of a view set.
    kinds = getattr(view, "initkwargs", {}).get("authentication_classes", kinds)
    return any(isinstance(kind, type) and issubclass(kind, SessionAuthentication) for kind in kinds)
