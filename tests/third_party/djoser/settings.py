"""djoser with its JWT endpoints."""

from tests.third_party.base_settings import *  # noqa: F403
from tests.third_party.base_settings import DJANGO_APPS

ROOT_URLCONF = "tests.third_party.djoser.urls"
INSTALLED_APPS = [*DJANGO_APPS, "rest_framework_simplejwt.token_blacklist", "djoser"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
}
DJOSER = {"TOKEN_MODEL": None}
