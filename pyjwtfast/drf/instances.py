"""Instances of a model, made as `from_db` makes them, where nobody has a say in it but Django.

It goes through all fields, sends two signals and sets each attribute by itself. What that comes to
is known: the state, and the values.
"""

from __future__ import annotations

from functools import cache
from inspect import getattr_static
from typing import Any, TypeVar

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

M = TypeVar("M", bound=Model)

_FROM_DB, _INIT = Model.from_db.__func__, Model.__init__  # type: ignore[attr-defined]
_CALL = type.__call__
# Attributes of these types take a value as any attribute does.
_PLAIN = (DeferredAttribute, ForeignKeyDeferredAttribute)


@cache
def are_plain(model: type[Model], names: tuple[str, ...]) -> bool:
    """Whether to set these attributes of an instance is nothing but to set them; found out once."""
    return all(type(getattr_static(model, name, None)) in _PLAIN for name in names)


def are_djangos_own(model: type[Model]) -> bool:
    """Whether the model's instances are made by Django's code alone, and nobody is told of it.

    That may change at any time: signals are connected, methods replaced.
    """
    return (
        getattr(model.from_db, "__func__", None) is _FROM_DB
        and type(model).__call__ is _CALL
        and model.__init__ is _INIT
        and model.__new__ is object.__new__
        and model.__setattr__ is object.__setattr__
        and not are_announced(model)
    )


def are_announced(model: type[Model]) -> bool:
    """Whether receivers of pre_init or post_init are told of the model's instances."""
    return bool(
        (pre_init.receivers and pre_init.has_listeners(model))
        or (post_init.receivers and post_init.has_listeners(model))
    )


def make(model: type[M], attributes: dict[str, Any], state: dict[str, Any]) -> M:
    """An instance of these attributes, with a ModelState of those; it takes both dicts over.

    attributes: "_state" is the first of them, as Django has it, and whatever it is replaced.
    """
    made_state = object.__new__(ModelState)
    made_state.__dict__ = state
    attributes["_state"] = made_state
    made = object.__new__(model)
    made.__dict__ = attributes
    return made
