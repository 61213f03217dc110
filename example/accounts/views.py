"""Signing up, and who the bearer of a token is."""

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import BearerSerializer, SignUpSerializer
from project.schema import INVALID
from pyjwtfast.drf.authentication import JWTStatelessUserAuthentication
from pyjwtfast.drf.tokens import AccessToken


@extend_schema(responses={201: SignUpSerializer, 400: INVALID})
class SignUpView(generics.CreateAPIView[User]):
    """POST a username and a password: 201 with the new user's id and name. Needs no token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = SignUpSerializer


@extend_schema(responses=BearerSerializer)
@api_view(["GET"])
@authentication_classes([JWTStatelessUserAuthentication])
def whoami(request: Request) -> Response:
    """Whom the access token names. It is answered from the token alone: no database query."""
    assert isinstance(request.auth, AccessToken)
    return Response({"user_id": request.user.pk, "expires_at": request.auth["exp"]})
