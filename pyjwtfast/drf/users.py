"""From a token's user id claim to a user."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache as remembered
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.signals import setting_changed
from django.db import router

from . import user_cache
from .settings import api_settings
from .user_query import NotTakenError, check_taken, database_of, get_frozen, is_djangos_own

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import Manager, QuerySet

    from .user_cache.memory import UserCache


@remembered
def the_user_model() -> type[AbstractBaseUser]:
    """Django's `get_user_model()`, which looks it up each time."""
    return get_user_model()


def _forget(**kwargs: Any) -> None:
    if kwargs["setting"] in ("AUTH_USER_MODEL", "INSTALLED_APPS"):
        the_user_model.cache_clear()


setting_changed.connect(_forget)


def is_identifier(value: object) -> bool:
    """Whether a claim can name a user: an integer, or a text that databases and JSON can hold.

    NUL is refused by PostgreSQL; a lone surrogate can be encoded by nothing.
    """
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or _is_encodable(value))
    return isinstance(value, int) and not isinstance(value, bool)


def find_user(user_model: type[AbstractBaseUser], user_id: object) -> AbstractBaseUser | None:
    """The user whose USER_ID_FIELD is user_id, or None.

    What that field cannot hold is nobody's id, and costs no query.
    """
    return _read(user_model, user_id, False, None)


def find_user_in(
    source: Manager[Any] | QuerySet[Any],
    user_id: object,
    *,
    frozen: bool,
    owner: object = None,
) -> AbstractBaseUser | None:
    """The same of a manager or queryset of users.

    frozen: its SELECT depends on nothing but the id, and is compiled once for the owner; by
    default that is the model.
    """
    name = api_settings.USER_ID_FIELD
    if not is_identifier(user_id):
        return None
    try:
        if frozen:
            return get_frozen(source, name, user_id, owner)  # type: ignore[no-any-return]
        check_taken(source.model, name, user_id)
        return source.get(**{name: user_id})  # type: ignore[no-any-return]
    except (NotTakenError, source.model.DoesNotExist, OverflowError):
        return None  # the last: an integer that SQLite can't be given


def load_user(
    source: type[AbstractBaseUser] | QuerySet[Any],
    user_id: object,
    *,
    constant: bool = False,
    owner: object = None,
    only_kept: bool = False,
) -> AbstractBaseUser | None:
    """The user of a request's id, as USER_CACHE_TTL says: as kept, or else from the database.

    source: the user model, or a queryset of users. constant: the SELECT depends on nothing but the
    id, and is always the same for the owner; otherwise nothing is compiled or kept, unless the
    model's manager is Django's own.
    only_kept: ask neither the database nor a cache server. Then None means that it must be asked:
    by another call, in a thread that may wait.
    """
    cache = user_cache.current()
    if cache is not None and type(user_id) in (str, int):
        where = None if router.routers else cache.known_places.get(source)
        if where is None:
            where = _place(cache, source, constant)
        if where is not None:
            alias, place = where
            key = (owner or source, place, user_id)
            if only_kept and not cache.is_same_everywhere(alias):
                return None
            user = cache.peek(key)
            if user is not None or only_kept:
                return user
            return cache.get(key, alias, lambda: _read(source, user_id, constant, owner))
    return None if only_kept else _read(source, user_id, constant, owner)


def _read(
    source: type[AbstractBaseUser] | QuerySet[Any], user_id: object, constant: bool, owner: object
) -> AbstractBaseUser | None:
    if isinstance(source, type):
        manager = source.objects  # type: ignore[attr-defined]
        return find_user_in(manager, user_id, frozen=constant or is_djangos_own(manager))
    return find_user_in(source, user_id, frozen=constant, owner=owner)


def _place(
    cache: UserCache, source: type[AbstractBaseUser] | QuerySet[Any], constant: bool
) -> tuple[str, Hashable] | None:
    """The database that users of this source are read from, and its place in the cache's keys.

    None where they can't be kept.
    """
    found: Any = source.objects if isinstance(source, type) else source  # type: ignore[attr-defined]
    is_own = isinstance(source, type) and is_djangos_own(found)
    if not is_own and not constant:
        return None
    alias = database_of(found)
    place = alias, cache.place(alias)
    if is_own and cache.is_same_everywhere(alias):
        cache.known_places[source] = place
    return place


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
