"""Protected views, with the authentication classes of either library."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


def who(user: Any, token: Any) -> dict[str, Any]:
    """What the views tell of a request's user and token."""
    return {
        "user": str(user),
        "user_class": type(user).__name__,
        "pk": str(user.pk),
        "username": user.username,
        "is_staff": user.is_staff,
        "token_class": type(token).__name__,
        "claims": token.payload,
    }


class WhoAmI(APIView):
    """Who the request is authenticated as, and by what."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response(who(request.user, request.auth))
