"""From a token's user id claim to a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import FieldDoesNotExist, ValidationError

from .settings import api_settings

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


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
    if not is_identifier(user_id) or not _field_takes(user_model, user_id):
        return None
    try:
        return user_model.objects.get(  # type: ignore[attr-defined, no-any-return]
            **{api_settings.USER_ID_FIELD: user_id}
        )
    except user_model.DoesNotExist:
        return None


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _field_takes(user_model: type[AbstractBaseUser], value: object) -> bool:
    name = api_settings.USER_ID_FIELD
    try:
        field = user_model._meta.pk if name == "pk" else user_model._meta.get_field(name)
    except FieldDoesNotExist:
        return True  # a lookup through relations: the query will tell
    try:
        # What a query does with the value, before it is sent.
        field.get_prep_value(value)  # type: ignore[union-attr]
    except (TypeError, ValueError, ArithmeticError, ValidationError):
        return False
    return True
