"""dj-rest-auth with tokens in cookies, and rotation."""

from tests.third_party.dj_rest_auth.settings import *  # noqa: F403

REST_AUTH = {
    "USE_JWT": True,
    "TOKEN_MODEL": None,
    "SESSION_LOGIN": False,
    "JWT_AUTH_COOKIE": "access-cookie",
    "JWT_AUTH_REFRESH_COOKIE": "refresh-cookie",
    "JWT_AUTH_HTTPONLY": True,
}
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
