"""URLs as a project of simplejwt's users has them. For subprocesses."""

from django.urls import path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt import views


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def who(request: Request) -> Response:
    return Response({"user": str(request.user), "team": request.auth.get("team")})


urlpatterns = [
    path("token/", views.token_obtain_pair),
    path("token/refresh/", views.TokenRefreshView.as_view()),
    path("token/verify/", views.token_verify),
    path("who/", who),
]
