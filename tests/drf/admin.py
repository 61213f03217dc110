"""The users in the admin, with the action that revokes their tokens."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from pyjwtfast.drf.admin import revoke_tokens
from tests.drf.models import User


@admin.register(User)
class Users(UserAdmin):  # type: ignore[type-arg]
    """As docs/revocation.md has it."""

    actions = (revoke_tokens,)
