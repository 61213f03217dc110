"""The example's settings, with passwords that are hashed quickly: there are many logins here."""

from project.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
