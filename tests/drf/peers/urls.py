"""Its views: all of the library's, and one that needs a token."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

views: Any = import_module(f"{settings.LIBRARY}.views")
authentication: Any = import_module(f"{settings.LIBRARY}.authentication")


class Who(APIView):
    permission_classes = (IsAuthenticated,)
    authentication_classes = (authentication.JWTAuthentication,)

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.get_username()})


urlpatterns = [
    path("token/", views.token_obtain_pair),
    path("refresh/", views.token_refresh),
    path("verify/", views.token_verify),
    path("blacklist/", views.token_blacklist),
    path("sliding/", views.token_obtain_sliding),
    path("sliding/refresh/", views.token_refresh_sliding),
    path("who/", Who.as_view()),
]
