"""Who a request is, told by plain views (sync and async), by DRF's, and by adrf's."""

from __future__ import annotations

from typing import Any

import adrf.views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response

from pyjwtfast.drf.asynchronous import AsyncJWTAuthentication
from pyjwtfast.drf.authentication import (
    JWTAuthentication,
    JWTLazyUserAuthentication,
    JWTStatelessUserAuthentication,
)
from tests.drf.views import WhoAmI, who


class AsyncStateless(AsyncJWTAuthentication, JWTStatelessUserAuthentication):
    pass


class AsyncLazy(AsyncJWTAuthentication, JWTLazyUserAuthentication):
    pass


ASYNC_CLASSES = {
    "who": AsyncJWTAuthentication,
    "stateless": AsyncStateless,
    "lazy": AsyncLazy,
}


async def by_hand(request: HttpRequest, name: str = "who") -> HttpResponse:
    """What WhoAmI says, by an async class that a plain view awaits."""
    authenticator = ASYNC_CLASSES[name]()
    try:
        found = await authenticator.authenticate(request)
        if found is None:
            raise NotAuthenticated
        user, token = found
        if name == "lazy":
            await user.arefresh_from_db()
    except APIException as error:
        detail = error.detail if isinstance(error.detail, dict) else {"detail": error.detail}
        challenge: Any = authenticator.authenticate_header(request)  # type: ignore[arg-type]
        headers = {"WWW-Authenticate": challenge} if error.status_code == 401 else {}
        return JsonResponse(detail, status=error.status_code, headers=headers)
    return JsonResponse(who(user, token))


def told(request: Any, user: Any) -> JsonResponse:
    """What the middleware has told of a request."""
    return JsonResponse(
        {
            "user": str(user),
            "is_authenticated": user.is_authenticated,
            "claims": None if request.auth is None else request.auth.payload,
            "error": None if request.auth_error is None else request.auth_error.detail,
        }
    )


def plain(request: Any) -> HttpResponse:
    str(request.user)
    return told(request, request.user)


async def plain_async(request: Any) -> HttpResponse:
    user = await request.auser()
    if request.auth is not None:
        assert user == request.user, "what has been awaited is there"
    return told(request, user)


def in_template(request: HttpRequest) -> HttpResponse:
    page = engines["django"].from_string("{{ user.is_authenticated }} {{ user.username }}")
    return HttpResponse(page.render(request=request))


def untouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing was asked")


def raises(request: Any) -> HttpResponse:
    str(request.user)
    if request.auth_error is not None:
        raise request.auth_error
    return HttpResponse("fine")


@login_required
def members(request: HttpRequest) -> HttpResponse:
    return HttpResponse("inside")


class Lazily(WhoAmI):
    authentication_classes = (JWTLazyUserAuthentication,)


class Session(SessionAuthentication):
    pass


class Posting(WhoAmI):
    def post(self, request: Any) -> Response:
        return self.get(request)


class SessionFirst(Posting):
    authentication_classes = (Session, JWTAuthentication)


class Browsable(WhoAmI):
    """Asks nothing of its user, but is shown in a page that does."""

    authentication_classes = (JWTLazyUserAuthentication,)

    def get(self, request: Any) -> Response:
        return Response({"id": request.user.pk})


class Open(WhoAmI):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (AllowAny,)

    def get(self, request: Any) -> Response:
        return Response({"user": str(request.user)})


class AdrfWho(adrf.views.APIView):
    permission_classes = (IsAuthenticated,)

    async def get(self, request: Any) -> Response:
        return Response(who(request.user, request.auth))
