"""From a token's user id claim to a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist, ValidationError

from .settings import api_settings
from .user_query import get_frozen, is_djangos_own

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import Manager, QuerySet


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
    manager = user_model.objects  # type: ignore[attr-defined]
    return find_user_in(manager, user_id, frozen=is_djangos_own(manager))


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
    if not is_identifier(user_id) or not _is_taken(source.model, name, user_id):
        return None
    try:
        if frozen:
            return get_frozen(source, name, user_id, owner)  # type: ignore[no-any-return]
        return source.get(**{name: user_id})  # type: ignore[no-any-return]
    except (source.model.DoesNotExist, OverflowError):  # an integer that SQLite can't be given
        return None


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_taken(user_model: type[AbstractBaseUser], name: str, value: object) -> bool:
    """Whether a look-up by that name does something with the value, before anything is sent."""
    try:
        field = user_model._meta.pk if name == "pk" else user_model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None  # a look-up through relations

    try:
        if field is None or field.is_relation:
            user_model._default_manager.filter(**{name: value})
        else:
            field.get_prep_value(value)  # type: ignore[union-attr]
    except (TypeError, ValueError, ArithmeticError, ValidationError):
        return False
    return True
