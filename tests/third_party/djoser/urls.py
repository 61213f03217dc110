"""As djoser's documentation has them; it has no logout for JWT, so simplejwt's view is there."""

from django.urls import include, path
from rest_framework_simplejwt.views import TokenBlacklistView

urlpatterns = [
    path("auth/", include("djoser.urls")),
    path("auth/", include("djoser.urls.jwt")),
    path("auth/jwt/logout/", TokenBlacklistView.as_view()),
]
