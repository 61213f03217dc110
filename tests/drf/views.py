"""Protected views, with the authentication classes of either library."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class WhoAmI(APIView):
    """Who the request is authenticated as, and by what."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        user: Any = request.user
        return Response(
            {
                "user": str(user),
                "user_class": type(user).__name__,
                "pk": str(user.pk),
                "username": user.username,
                "is_staff": user.is_staff,
                "token_class": type(request.auth).__name__,
                "claims": request.auth.payload,
            }
        )
