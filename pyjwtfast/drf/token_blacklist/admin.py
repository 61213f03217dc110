"""The two tables in Django's admin: as simplejwt shows them, without the tokens' text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_permission_codename, get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from .. import revocation
from ..translation import gettext_lazy as _
from ..translation import ngettext
from .batches import Batch, blacklist_tokens, delete_tokens, expired_tokens, run_in_batches
from .models import BlacklistedToken, OutstandingToken
from .store import database

if TYPE_CHECKING:
    _OutstandingAdmin = admin.ModelAdmin[OutstandingToken]
    _BlacklistedAdmin = admin.ModelAdmin[BlacklistedToken]
else:
    _OutstandingAdmin = _BlacklistedAdmin = admin.ModelAdmin

# What a request may take the time for; `manage.py flushexpiredtokens` does the rest.
FLUSH_LIMIT = 50_000
_LOGGED = "Blacklisted."


def _may(request: HttpRequest, action: str, model: type[Any]) -> bool:
    codename = get_permission_codename(action, model._meta)
    return request.user.has_perm(f"{model._meta.app_label}.{codename}")


def _for_any_user(search_fields: Sequence[str]) -> list[str]:
    """simplejwt's search fields; a user model may have no `id`."""
    return [name.replace("user__id", "user__pk") for name in search_fields]


@admin.register(OutstandingToken)
class OutstandingTokenAdmin(_OutstandingAdmin):
    """The tokens that were issued: to be looked at, blacklisted, and flushed when expired.

    Actions read and write where tokens are written; the list may come from a replica.
    """

    list_display = ("jti", "user", "created_at", "expires_at")
    search_fields = ("user__id", "jti")
    ordering = ("user",)
    exclude = ("token",)
    actions = ("blacklist_selected", "blacklist_all_of_user", "flush_expired")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutstandingToken]:
        """The tokens with their users, without their text."""
        return super().get_queryset(request).select_related("user").defer("token")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Those of `search_fields`, for any user model."""
        return _for_any_user(super().get_search_fields(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All fields that are shown."""
        return [field.name for field in self.model._meta.fields if field.name != "token"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether the list may be filtered so: by a token's text it would tell it bit by bit."""
        return lookup.partition("__")[0] != "token" and super().lookup_allowed(
            lookup, value, request
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes tokens here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes tokens here, but by flushing those that have expired."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change them may look at them."""
        return request.method in ("GET", "HEAD") and super().has_change_permission(request, obj)

    def has_blacklist_permission(self, request: HttpRequest) -> bool:
        """Who may add to the blacklist."""
        return _may(request, "add", BlacklistedToken)

    def has_flush_permission(self, request: HttpRequest) -> bool:
        """Who may delete from both tables."""
        return all(_may(request, "delete", model) for model in (OutstandingToken, BlacklistedToken))

    @admin.action(description=_("Blacklist selected tokens"), permissions=["blacklist"])
    def blacklist_selected(
        self, request: HttpRequest, queryset: QuerySet[OutstandingToken]
    ) -> None:
        """Blacklist the tokens that are selected."""
        self._blacklist(request, queryset)

    @admin.action(
        description=_("Blacklist all tokens of the selected tokens' users"),
        permissions=["blacklist"],
    )
    def blacklist_all_of_user(
        self, request: HttpRequest, queryset: QuerySet[OutstandingToken]
    ) -> None:
        """Blacklist every token of each user that a selected token is of.

        Where REVOCATION_CACHE is set their access tokens are revoked, too.
        """
        of_users = queryset.using(database()).order_by().exclude(user=None)
        if revocation.is_on():
            from ..admin import revoke_or_tell  # tokens, which use this package, stand below it

            users = get_user_model()._default_manager.using(database())
            users = users.filter(pk__in=of_users.values("user"))
            revoke_or_tell(self, request, users, blacklist=False)
        self._blacklist(
            request, self.get_queryset(request).filter(user__in=of_users.values("user"))
        )

    def _blacklist(self, request: HttpRequest, tokens: QuerySet[OutstandingToken]) -> None:
        """Blacklist these, and note in the admin's log who has done so, for each token."""

        def work(batch: Batch) -> int:
            rows = batch.rows.filter(blacklistedtoken=None).select_related("user").defer("token")
            LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, _LOGGED)
            return blacklist_tokens(batch)

        # By a query of its own: the list's may have joins, and no order that batches can have.
        chosen = tokens.using(database()).order_by().values("pk")
        rows = OutstandingToken.objects.using(database()).filter(pk__in=chosen)
        number = sum(run_in_batches(rows, work))
        message = ngettext("%d token was blacklisted.", "%d tokens were blacklisted.", number)
        self.message_user(request, message % number, messages.SUCCESS)

    @admin.action(description=_("Flush all expired tokens, selected or not"), permissions=["flush"])
    def flush_expired(self, request: HttpRequest, queryset: QuerySet[OutstandingToken]) -> None:
        """Delete expired tokens, at most FLUSH_LIMIT at a time."""
        expired = expired_tokens(database())
        number = sum(run_in_batches(expired, delete_tokens, limit=FLUSH_LIMIT))
        message = ngettext("%d token was flushed.", "%d tokens were flushed.", number) % number
        if expired.exists():
            message += " " + _("There are more: repeat it, or run manage.py flushexpiredtokens.")
        self.message_user(request, message, messages.SUCCESS)


@admin.register(BlacklistedToken)
class BlacklistedTokenAdmin(_BlacklistedAdmin):
    """The tokens that were blacklisted; deleting an entry makes the token good again."""

    list_display = (
        "token_jti",
        "token_user",
        "token_created_at",
        "token_expires_at",
        "blacklisted_at",
    )
    search_fields = ("token__user__id", "token__jti")
    ordering = ("token__user",)
    # Else the form would have a choice of all the tokens that there are.
    raw_id_fields: ClassVar = ("token",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BlacklistedToken]:
        """The entries with their tokens and users, without the tokens' text."""
        return super().get_queryset(request).select_related("token__user").defer("token__token")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Those of `search_fields`, for any user model."""
        return _for_any_user(super().get_search_fields(request))

    @admin.display(description=_("jti"), ordering="token__jti")
    def token_jti(self, obj: BlacklistedToken) -> Any:
        """The token's id."""
        return obj.token.jti

    @admin.display(description=_("user"), ordering="token__user")
    def token_user(self, obj: BlacklistedToken) -> Any:
        """The token's user."""
        return obj.token.user

    @admin.display(description=_("created at"), ordering="token__created_at")
    def token_created_at(self, obj: BlacklistedToken) -> Any:
        """When the token was issued."""
        return obj.token.created_at

    @admin.display(description=_("expires at"), ordering="token__expires_at")
    def token_expires_at(self, obj: BlacklistedToken) -> Any:
        """When the token expires."""
        return obj.token.expires_at
