"""Which rows of which tables a user is made of."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

# The names of the rows that make up a user: his own, and those of the models that his inherits
# from.
Rows = frozenset[str]


class UnknownRowError(Exception):
    """An instance does not say which rows it is made of."""


def tables_of(model: type[Model]) -> list[type[Model]]:
    """The models whose tables hold an instance: its own, and those it inherits from."""
    concrete = model._meta.concrete_model
    assert concrete is not None
    return [concrete, *concrete._meta.get_parent_list()]


def row_name(model: type[Model], pk: Any) -> str:
    """A row's name, whichever way its key is written. Raises UnknownRowError for what is no key."""
    field = model._meta.pk
    assert field is not None
    try:
        value = None if isinstance(pk, bool) else field.to_python(pk)
    except (TypeError, ValueError, ValidationError) as error:
        raise UnknownRowError(f"{pk!r} is no primary key of {model._meta.label}.") from error
    if value is None:
        raise UnknownRowError(f"{pk!r} is no primary key of {model._meta.label}.")
    return f"{model._meta.label_lower}:{value}"


def rows_of(instance: Model) -> Rows:
    """The rows that an instance is made of. Raises UnknownRowError."""
    own, *parents = tables_of(type(instance))
    found = {row_name(own, instance.pk)}
    for parent in parents:
        attribute = parent._meta.pk.attname
        if attribute not in vars(instance):
            raise UnknownRowError(f"{own._meta.label} was read without {attribute}.")
        found.add(row_name(parent, vars(instance)[attribute]))
    return frozenset(found)
