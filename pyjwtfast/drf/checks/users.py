"""The user model: whether it has the fields that settings ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.checks import Error, Warning
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured

from ..settings import DEFAULTS
from .support import Messages

if TYPE_CHECKING:
    from django.db.models import Model


def check_users(name: str, values: Mapping[str, Any]) -> Messages:
    try:
        model = get_user_model()
    except ImproperlyConfigured:
        return  # Django reports it; and whoever has no user model may well verify tokens
    yield from _check_id(name, model, values["USER_ID_FIELD"])
    # Another ON_LOGIN_SUCCESS writes what it likes.
    key = "ON_LOGIN_SUCCESS"
    if values["UPDATE_LAST_LOGIN"] and values[key] == DEFAULTS[key]:
        yield from _check_field(name, model, "UPDATE_LAST_LOGIN", "last_login", "login")
    if values["CHECK_REVOKE_TOKEN"]:
        yield from _check_field(name, model, "CHECK_REVOKE_TOKEN", "password", "login")


def _check_id(name: str, model: type[Model], field_name: Any) -> Messages:
    options = model._meta
    if field_name == "pk" or (isinstance(field_name, str) and "__" in field_name):
        return  # the latter is a lookup through relations, which the query will judge
    try:
        field = options.get_field(field_name)
    except (FieldDoesNotExist, TypeError):
        fields = sorted(each.name for each in options.concrete_fields if each.unique)
        yield Error(
            f"{name}['USER_ID_FIELD'] is {field_name!r}, which is no field of {options.label}.",
            hint=f"Set USER_ID_FIELD to one of its unique fields: {', '.join(fields)}.",
            id="pyjwtfast.E019",
        )
        return
    constraints = (each.fields for each in options.total_unique_constraints)
    together = (tuple(each) for each in options.unique_together)
    if not getattr(field, "unique", False) and (field_name,) not in (*constraints, *together):
        yield Warning(
            f"{name}['USER_ID_FIELD'] is {field_name!r}, which is not unique in {options.label}: "
            "a token may name several users, and is then good for none.",
            hint=f"Make {options.label}.{field_name} unique, or set USER_ID_FIELD to 'id'.",
            id="pyjwtfast.W011",
        )


def _check_field(name: str, model: type[Model], key: str, field: str, when: str) -> Messages:
    if not hasattr(model, field):
        yield Error(
            f"{name}['{key}'] is set, but {model._meta.label} has no {field}: each {when} fails.",
            hint=f"Set {key} to False, or give {model._meta.label} a field {field}.",
            id="pyjwtfast.E024",
        )


CHECKS = (check_users,)
