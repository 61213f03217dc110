"""As dj-rest-auth's documentation has them, and the schema."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("auth/", include("dj_rest_auth.urls")),
    path("schema/", SpectacularAPIView.as_view()),
]
