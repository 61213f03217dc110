"""Views of each way to load a user, and of what is done to users and tokens; with no simplejwt."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pyjwtfast.drf import authentication, revocation, views


class Read(APIView):
    """Reads fields of the user's row, and asks for a permission."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        user: Any = request.user
        may_view = user.has_perm("auth.view_group")
        return Response({"user": user.username, "may_view": may_view})


class Unread(APIView):
    """Reads nothing but the primary key."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.pk})


class Name(APIView):
    """Reads the user's row, and nothing else."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        user: Any = request.user
        return Response({"user": user.username})


class Held(APIView):
    """Reads the user, writes the process's id to the file PEER_HELD, and takes a long time."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        Path(os.environ["PEER_HELD"]).write_text(f"{os.getpid()}\n")
        time.sleep(30)
        return Response({})


class Change(APIView):
    """Sets fields of the user with the id that is posted, and saves him."""

    authentication_classes = ()

    def post(self, request: Request) -> Response:
        user = User.objects.get(pk=request.data["pk"])
        vars(user).update(request.data)
        user.save()
        return Response({})


class Revoke(APIView):
    """Revokes all tokens of the user with the id that is posted."""

    authentication_classes = ()

    def post(self, request: Request) -> Response:
        revocation.revoke_user(request.data["pk"])
        return Response({})


def _by(view: type[APIView], name: str) -> Any:
    return view.as_view(authentication_classes=[getattr(authentication, name)])


urlpatterns = [
    path("user/", _by(Read, "JWTAuthentication")),
    path("lazy/", _by(Read, "JWTLazyUserAuthentication")),
    path("unread/", _by(Unread, "JWTLazyUserAuthentication")),
    path("stateless/", _by(Read, "JWTStatelessUserAuthentication")),
    path("name/", _by(Name, "JWTAuthentication")),
    path("held/", _by(Held, "JWTAuthentication")),
    path("refresh/", views.token_refresh),
    path("change/", Change.as_view()),
    path("revoke/", Revoke.as_view()),
]
