"""Routes of the example project."""

from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from pyjwtfast.drf.views import (
    TokenBlacklistView,
    TokenObtainPairView,
    TokenRefreshView,
    TokenVerifyView,
)

urlpatterns = [
    path("", include("frontend.urls")),
    path("api/token/", TokenObtainPairView.as_view(), name="token_obtain_pair"),
    path("api/token/refresh/", TokenRefreshView.as_view(), name="token_refresh"),
    path("api/token/verify/", TokenVerifyView.as_view(), name="token_verify"),
    path("api/token/blacklist/", TokenBlacklistView.as_view(), name="token_blacklist"),
    path("api/", include("accounts.urls")),
    path("api/", include("notes.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # Its script is a file of its own, as the Content-Security-Policy wants it.
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    # With DEBUG only; else the web server has them, or WhiteNoise.
    *staticfiles_urlpatterns(),
]
