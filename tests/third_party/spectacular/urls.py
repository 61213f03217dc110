"""Every token view, views of the project's own on each authentication class, and the schema."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

authentication: Any = import_module(f"{settings.JWT}.authentication")
jwt_serializers: Any = import_module(f"{settings.JWT}.serializers")
views: Any = import_module(f"{settings.JWT}.views")


class WhoSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()


class Who(APIView):
    """Who the request is from."""

    serializer_class = WhoSerializer

    def get(self, request: Request) -> Response:
        return Response({"id": str(request.user.pk)})


class OwnAuthentication(authentication.JWTAuthentication):  # type: ignore[misc]
    """A subclass of the project's own, with nothing said about it to drf-spectacular."""


class TeamSerializer(jwt_serializers.TokenObtainPairSerializer):  # type: ignore[misc]
    """With a field of its own."""

    team = serializers.CharField(write_only=True, required=False)


class TeamView(views.TokenObtainPairView):  # type: ignore[misc]
    serializer_class = TeamSerializer


class DescribedView(views.TokenVerifyView):  # type: ignore[misc]
    @extend_schema(summary="In the project's words", responses={204: None}, tags=["own"])
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204)


@extend_schema(tags=["own"])
class TaggedView(views.TokenVerifyView):  # type: ignore[misc]
    """One about which the project has said something else."""


TOKEN_VIEWS = [
    path("token/", views.token_obtain_pair),
    path("token/refresh/", views.token_refresh),
    path("token/verify/", views.token_verify),
    path("token/blacklist/", views.token_blacklist),
    path("sliding/", views.token_obtain_sliding),
    path("sliding/refresh/", views.token_refresh_sliding),
]
urlpatterns = [
    *TOKEN_VIEWS,
    path("who/", Who.as_view()),
    path(
        "stateless/",
        Who.as_view(authentication_classes=[authentication.JWTStatelessUserAuthentication]),
    ),
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])),
]
own_patterns = [
    *urlpatterns,
    path("own/", Who.as_view(authentication_classes=[OwnAuthentication])),
    path("team/", TeamView.as_view()),
    path("described/", DescribedView.as_view()),
    path("tagged/", TaggedView.as_view()),
]
