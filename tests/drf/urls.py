"""The same views twice: under ours/ by pyjwtfast, under theirs/ by simplejwt; and the admin."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import rest_framework_simplejwt.authentication
import rest_framework_simplejwt.views
from django.contrib import admin
from django.urls import include, path

import pyjwtfast.drf.authentication
import pyjwtfast.drf.views
from tests.drf.views import WhoAmI


def _routes(authentication: ModuleType, views: ModuleType) -> list[Any]:
    def who(authenticator: type) -> Any:
        return WhoAmI.as_view(authentication_classes=[authenticator])

    # simplejwt has no lazy users: what they are compared with is its users who are read at once.
    lazy = getattr(authentication, "JWTLazyUserAuthentication", authentication.JWTAuthentication)
    return [
        path("token/", views.token_obtain_pair),
        path("token/refresh/", views.token_refresh),
        path("token/verify/", views.token_verify),
        path("token/blacklist/", views.token_blacklist),
        path("sliding/", views.token_obtain_sliding),
        path("sliding/refresh/", views.token_refresh_sliding),
        path("who/", who(authentication.JWTAuthentication)),
        path("lazy/", who(lazy)),
        path("stateless/", who(authentication.JWTStatelessUserAuthentication)),
    ]


urlpatterns = [
    path("admin/", admin.site.urls),
    path("ours/", include(_routes(pyjwtfast.drf.authentication, pyjwtfast.drf.views))),
    path(
        "theirs/",
        include(_routes(rest_framework_simplejwt.authentication, rest_framework_simplejwt.views)),
    ),
]
