"""Users of the model of whom only the id is known, until something else is asked of them.

Such a user is what Django makes of a row whose other columns are deferred: an instance of the model
itself, with its primary key. Django's own deferral would read each field by a query of its own, and
would ask nobody whether the user is still there and active. So four of the instance's methods are
replaced, in the instance: through them goes all that reads or writes its row. They read the whole
row by the function that loads users anywhere else, and are gone once that is done.

Not a SimpleLazyObject: its type is another one, it is no instance where `type()` is asked, and even
its primary key would be a query.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import cache as remembered
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.signals import setting_changed
from django.db import connections
from django.db.models import IntegerField
from rest_framework.settings import api_settings as rest_settings

from . import instances
from .exceptions import AuthenticationFailed
from .users import is_identifier

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import Model


def is_primary_key(user_model: type[Model], name: str) -> bool:
    """Whether a look-up by that name is one by the primary key."""
    key: Any = user_model._meta.pk
    return name in ("pk", key.name, key.attname)


def to_primary_key(user_model: type[Model], value: object, alias: str) -> Any:
    """A claim as the type of the model's primary key; None for what no row of that database has."""
    field: Any = user_model._meta.pk
    if not is_identifier(value):
        return None
    try:
        key = field.to_python(value)
        field.get_prep_value(key)
    except (TypeError, ValueError, ArithmeticError, ValidationError):
        return None
    if isinstance(key, str) and field.max_length is not None and len(key) > field.max_length:
        return None
    column = getattr(field, "target_field", field)  # of the parent's, where that is the key
    if isinstance(key, int) and isinstance(column, IntegerField):
        low, high = _limits(alias, column.get_internal_type())
        if (low is not None and key < low) or (high is not None and key > high):
            return None
    return key


@remembered
def _limits(alias: str, kind: str) -> tuple[int | None, int | None]:
    """The least and the greatest integer of a column of that database, where it has any."""
    found: Any = connections[alias].ops.integer_field_range(kind)
    return tuple(found)


def _forget(**kwargs: Any) -> None:
    if kwargs["setting"] == "DATABASES":
        _limits.cache_clear()


setting_changed.connect(_forget)


def make_lazy(
    user_model: type[AbstractBaseUser],
    key: object,
    alias: str,
    read: Callable[[], AbstractBaseUser],
    **attributes: object,
) -> AbstractBaseUser:
    """An instance with this primary key, whose row is read when it is needed.

    read: the whole user; AuthenticationFailed where there is none, or none who may come in.
    attributes: what else is known of the instance, unless its class has something of that name.
    """
    key_name = user_model._meta.pk.attname
    if instances.are_djangos_own(user_model) and instances.are_plain(user_model, (key_name,)):
        known = {"_state": None, key_name: key}
        user = instances.make(user_model, known, {"adding": False, "db": alias})
    else:
        try:
            user = user_model.from_db(alias, [key_name], [key])
        except user_model.DoesNotExist:  # a receiver of post_init has asked
            return read()
    for name, value in attributes.items():
        if not hasattr(user_model, name):
            setattr(user, name, value)
    _Unread(user, read).replace_methods()
    return user


def attach(user: object, request: Any, read: Callable[[], AbstractBaseUser] | None = None) -> None:
    """Let a request be nobody's from the moment at which its lazy user turns out to be none.

    read: takes the place of what the row is read by. Any other user is left as it is.
    """
    unread = _unread(user)
    if unread is not None:
        unread.request = request
        unread.read = read or unread.read


def fill(user: object) -> None:
    """Read the row of a lazy user now; raises what that raises. Any other is left as it is."""
    unread = _unread(user)
    if unread is not None:
        unread.fill()


def _unread(user: object) -> _Unread | None:
    method = getattr(user, "__dict__", {}).get("refresh_from_db")
    owner = getattr(method, "__self__", None)
    return owner if isinstance(owner, _Unread) else None


class _Unread:
    """Of one instance: what its methods do until its row has been read."""

    # Those through which Django reads deferred fields, writes the row, and pickles or copies.
    METHODS = ("refresh_from_db", "save", "delete", "__getstate__")

    def __init__(self, user: AbstractBaseUser, read: Callable[[], AbstractBaseUser]) -> None:
        self.user = user
        self.read = read
        self.request: Any = None
        self.refused: AuthenticationFailed | None = None

    def replace_methods(self) -> None:
        own = vars(self.user)
        for name in self.METHODS:
            own[name] = getattr(self, name)

    def fill(self, renewed: Container[str] = ()) -> None:
        """Read the row into the instance.

        What has been assigned to its fields stays, but in those that are to be renewed.
        """
        if self.refused is not None:
            raise self.refused
        try:
            read = self.read()
        except AuthenticationFailed as error:
            self.refused = error
            self._forget_user()
            raise
        user, found = self.user, dict(vars(read))
        own = vars(user)
        for name in self.METHODS:
            own.pop(name, None)
        state = found.pop("_state")
        kept = {field.attname for field in user._meta.concrete_fields if field.attname in own}
        own.update(
            {name: value for name, value in found.items() if name not in kept or name in renewed}
        )
        user._state.db = state.db
        user._state.fields_cache = {**state.fields_cache, **user._state.fields_cache}

    def _forget_user(self) -> None:
        """As DRF does it where authentication fails: what renders the answer must not ask again."""
        request = self.request
        if request is None:
            return
        attributes = vars(getattr(request, "_request", request))
        if "auth_error" in attributes:  # of the middleware
            attributes["auth_error"] = self.refused
        if getattr(request, "user", None) == self.user:
            nobody: Any = rest_settings.UNAUTHENTICATED_USER
            nothing: Any = rest_settings.UNAUTHENTICATED_TOKEN
            request.user = nobody() if nobody else None
            request.auth = nothing() if nothing else None

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        everything = [field.attname for field in self.user._meta.concrete_fields]
        fields = None if fields is None else list(fields)
        if fields is None:
            self.user._state.fields_cache.clear()
            vars(self.user)["_prefetched_objects_cache"] = {}
        self.fill(everything if fields is None else fields)
        # Has the caller named a source, then that is asked, too; and for what only() left out.
        left_out = [name for name in fields or () if name not in vars(self.user)]
        if using is not None or from_queryset is not None:
            self.user.refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        elif left_out:
            self.user.refresh_from_db(fields=left_out)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill()
        self.user.save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        self.fill()
        return self.user.delete(*args, **kwargs)

    def __getstate__(self) -> Any:
        self.fill()
        return self.user.__getstate__()

    save.alters_data = True  # type: ignore[attr-defined]  # a template may not call them
    delete.alters_data = True  # type: ignore[attr-defined]
