"""dj-rest-auth with tokens in bodies and headers."""

from tests.third_party.base_settings import *  # noqa: F403
from tests.third_party.base_settings import DJANGO_APPS

ROOT_URLCONF = "tests.third_party.dj_rest_auth.urls"
INSTALLED_APPS = [
    *DJANGO_APPS,
    "rest_framework_simplejwt.token_blacklist",
    "dj_rest_auth",
    "drf_spectacular",
]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["dj_rest_auth.jwt_auth.JWTCookieAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
REST_AUTH = {
    "USE_JWT": True,
    "TOKEN_MODEL": None,
    "SESSION_LOGIN": False,
    "JWT_AUTH_HTTPONLY": False,
    "JWT_AUTH_RETURN_EXPIRATION": True,
}
