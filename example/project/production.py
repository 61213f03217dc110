"""Settings of a server: those of settings.py, and what TLS and several processes ask for.

Environment, beside that of settings.py:
    JWT_SECRET      signs the tokens
    DEBUG           0
    STATIC_ROOT     the directory that `manage.py collectstatic` fills and the web server serves
    CONN_MAX_AGE    for how many seconds a connection to the database is kept; default: 60; an ASGI
                    server wants 0
    BEHIND_PROXY    1: the client's scheme and address are in X-Forwarded-Proto and -For, which a
                    proxy overwrites; 0 (the default): no header is believed
"""

import os

from django.core.exceptions import ImproperlyConfigured

from project.settings import *  # noqa: F403
from project.settings import DATABASES, DEBUG, INSTALLED_APPS, REST_FRAMEWORK, SIMPLE_JWT

if DEBUG:
    raise ImproperlyConfigured("Set DEBUG=0, or use project.settings for development.")

JWT_SECRET = os.environ.get("JWT_SECRET", "")
if not JWT_SECRET:
    raise ImproperlyConfigured("Set JWT_SECRET: it signs the tokens, and is not SECRET_KEY.")
SIMPLE_JWT = {
    **SIMPLE_JWT,
    # SECRET_KEY signs sessions and password resets: each can be changed without the other.
    "SIGNING_KEY": JWT_SECRET,
    # A changed password ends all refresh tokens, and access tokens wherever the user's row is read:
    # not at api/whoami/.
    "CHECK_REVOKE_TOKEN": True,
}

if "django.contrib.staticfiles" not in INSTALLED_APPS:
    INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT")

DATABASES["default"]["CONN_MAX_AGE"] = int(os.environ.get("CONN_MAX_AGE", "60"))

BEHIND_PROXY = os.environ.get("BEHIND_PROXY", "0") == "1"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# With 1 throttles take the client's address from X-Forwarded-For, as the proxy wrote it; with 0
# from the connection. Unset, it would be whatever a client writes there: another one each time.
REST_FRAMEWORK = {**REST_FRAMEWORK, "NUM_PROXIES": int(BEHIND_PROXY)}

# A request without TLS that got this far is redirected.
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 30 * 24 * 3600
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
