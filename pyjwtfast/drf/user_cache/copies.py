"""Copies of a model's instance, each as new as if it had just been read, for less than reading it.

Of an instance as it came from the database a plan is made, once: what of it can be shared, and what
each copy needs of its own. Nothing that is done to a copy is ever seen in another one.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState

from ..instances import are_announced, make

# Of these types, exactly, a value can be shared: nothing can change it.
_CONSTANT: frozenset[type] = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        decimal.Decimal,
        uuid.UUID,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
    }
)
# What a state holds that is not the plan's to copy: weak references to the instances that were read
# together, and the related objects, which are copied as such.
_OWN_STATE = ("peers", "fields_cache")


class NotCopiableError(Exception):
    """Copies of the instance would not be what reading it again gives."""


def copier(instance: Model) -> Callable[[], Any]:
    """A function that gives copies of the instance as it is now; it keeps no hold of it.

    Fields, annotations and whatever else `from_db`, `__init__` or a populator has put there are
    copied; so are the related objects that select_related() has brought, and they point to the
    copy. `__init__` and `from_db` are not called again.
    Raises NotCopiableError where receivers of pre_init or post_init would miss the copies, for
    prefetched objects, and for values that can't be copied.
    """
    instances = _connected(instance)
    try:
        nodes = [_Node(each, instances) for each in instances]
    except _UnknownValueError:
        return _deep_copier(instance)
    if len(nodes) == 1 and not nodes[0].changeable and not nodes[0].related:
        return _shallow_copier(nodes[0])
    return _graph_copier(nodes)


def _connected(instance: Model) -> list[Model]:
    """The instance, and those that it leads to without a query."""
    found = [instance]
    for each in found:  # which grows meanwhile
        kind = type(each)
        if are_announced(kind):
            raise NotCopiableError(f"{kind._meta.label} has receivers of pre_init or post_init")
        if "_prefetched_objects_cache" in vars(each):
            raise NotCopiableError(f"{kind._meta.label} was read with prefetch_related()")
        for related in _related(each).values():
            if related is not None and not any(related is other for other in found):
                if not isinstance(related, Model):
                    raise NotCopiableError(f"{kind._meta.label} has related {related!r}")
                found.append(related)
    return found


def _related(instance: Model) -> dict[str, Any]:
    found: dict[str, Any] = vars(instance._state).get("fields_cache", {})
    return found


class _UnknownValueError(Exception):
    """A value of a type that we know nothing about."""


class _Node:
    """One instance: its attributes but for the state, which of them to copy, and its relations."""

    def __init__(self, instance: Model, instances: list[Model]) -> None:
        attributes = vars(instance).copy()
        state = attributes.pop("_state")
        self.kind = type(instance)
        self.changeable = tuple(
            name for name, value in attributes.items() if not _is_constant(value)
        )
        for name in self.changeable:
            attributes[name] = _copy_plain(attributes[name])
        self.attributes = attributes
        self.state = {name: value for name, value in vars(state).items() if name not in _OWN_STATE}
        if type(state) is not ModelState or not all(
            name == "fetch_mode" or _is_constant(value) for name, value in self.state.items()
        ):
            raise _UnknownValueError
        # By their places among the instances.
        places = {id(each): place for place, each in enumerate(instances)}
        self.related = {
            name: None if related is None else places[id(related)]
            for name, related in _related(instance).items()
        }


def _is_constant(value: object) -> bool:
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return all(map(_is_constant, value))  # type: ignore[call-overload]
    return kind in _CONSTANT


def _copy_plain(value: Any) -> Any:
    """A copy of what JSONField, ArrayField and their like hold. Raises _UnknownValueError."""
    kind = type(value)
    if kind is dict:
        return {_copy_plain(key): _copy_plain(each) for key, each in value.items()}
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return kind(map(_copy_plain, value))
    if kind in _CONSTANT:
        return value
    raise _UnknownValueError


def _shallow_copier(node: _Node) -> Callable[[], Any]:
    kind, state = node.kind, node.state
    attributes = {"_state": None, **node.attributes}

    def copy() -> Any:
        own = state.copy()
        own["fields_cache"] = {}  # as its descriptor would, for less
        return make(kind, attributes.copy(), own)

    return copy


def _graph_copier(nodes: list[_Node]) -> Callable[[], Any]:
    copiers = [_shallow_copier(node) for node in nodes]

    def copy() -> Any:
        made = [each() for each in copiers]
        for node, instance in zip(nodes, made, strict=True):
            own = instance.__dict__
            for name in node.changeable:
                own[name] = _copy_plain(own[name])
            if node.related:
                instance._state.fields_cache = {
                    name: None if place is None else made[place]
                    for name, place in node.related.items()
                }
        return made[0]

    return copy


def _deep_copier(instance: Model) -> Callable[[], Any]:
    """By Python's own means: slower, but it knows what a pickle knows."""
    try:
        pristine = deepcopy(instance)
        deepcopy(pristine)
    except Exception as error:
        raise NotCopiableError(f"{type(instance)._meta.label}: {error}") from error
    return lambda: deepcopy(pristine)
