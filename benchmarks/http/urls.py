"""The view that is timed, and one that tells who asks. Django imports this once it is set up."""

from __future__ import annotations

from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .authenticators import authenticator
from .project import Server

AUTHENTICATOR = authenticator(Server.of_environment().authenticator)


class View(APIView):
    authentication_classes = [AUTHENTICATOR] if AUTHENTICATOR else []
    permission_classes = [IsAuthenticated] if AUTHENTICATOR else []


class Constant(View):
    def get(self, request: Request) -> Response:
        return Response({"detail": "The same for everybody"})


class Who(View):
    """The user's id, and its name where users have one and it is not the token's."""

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.pk, "name": request.user.get_username()})


urlpatterns = [path("", Constant.as_view()), path("who", Who.as_view())]
