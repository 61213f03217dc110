"""What a project's admin of users may have among its actions: to revoke all tokens of users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import HttpRequest

from . import revocation
from .exceptions import RevocationsUnavailable
from .translation import gettext_lazy as _

_LOGGED = "All tokens revoked."


@admin.action(description=_("Revoke all tokens of the selected users"), permissions=["change"])
def revoke_tokens(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
) -> None:
    """Revoke all tokens of the selected users: access tokens, refresh tokens, sliding ones.

    For the `actions` of a ModelAdmin of users. Who may change users may do so; the admin's log
    says who has. Needs REVOCATION_CACHE.
    """
    users = list(queryset)
    if not revoke_or_tell(model_admin, request, users, blacklist=True):
        return
    LogEntry.objects.log_actions(str(request.user.pk), users, CHANGE, _LOGGED)
    done = _("Users whose tokens were revoked: %d.") % len(users)
    model_admin.message_user(request, done, messages.SUCCESS)


def revoke_or_tell(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    users: Iterable[Any],
    *,
    blacklist: bool,
) -> bool:
    """`revocation.revoke_users`; False if that could not be done, which the page then says."""
    try:
        revocation.revoke_users(users, blacklist=blacklist)
    except ImproperlyConfigured as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return False
    except RevocationsUnavailable:
        message = _("The tokens could not be revoked: the cache does not answer. Try again.")
        model_admin.message_user(request, message, messages.ERROR)
        return False
    return True
