"""One row by one field, with its SELECT compiled once: what `QuerySet.get()` returns, for less.

Most of the time of a `get()` goes into building the same SQL again. Here Django builds it once, and
from then on the same statement is executed with other values: by its connection's cursor, so that
wrappers, `assertNumQueries` and transactions see it. It has no LIMIT where the table itself has one
row at most. A row that is nothing but the model's fields becomes an instance as it would by
`from_db`; any other is left to Django's own code.

That is right where the SELECT depends on nothing but the value. Those of Django's own managers do;
one that asks the clock, a thread-local or the tenant does not, and nothing but its author can tell.
So any other is frozen only where the project says so.
"""

from __future__ import annotations

from itertools import chain
from types import SimpleNamespace
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, connections, models, router
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, IntegerFieldExact
from django.db.models.query import MAX_GET_RESULTS, ModelIterable
from django.db.models.sql.compiler import SQLCompiler

from . import instances

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)

# Stands for the value among the parameters of a statement.
_VALUE = object()
# Of how many values each statement remembers the parameters that Django makes of them.
_REMEMBERED = 4096
# Of these lookups a copy with another value is as good as a new one, and they ask the connection
# that they are given, not the compiler's.
_COPIED = (Exact, IntegerFieldExact)
# `db` of a source that asks nothing but the routers.
_DB = (models.Manager.db, models.QuerySet.db)


class NotFreezableError(Exception):
    """A `get()` is not one statement with the value as one of its parameters."""


class NotTakenError(Exception):
    """A field can't be looked up by such a value, which no row has therefore."""


# What fields raise for such values.
REFUSALS = (TypeError, ValueError, ArithmeticError, ValidationError)


class FrozenGet:
    """`queryset.get(field=value)`, compiled for every value; for all threads.

    Raises NotFreezableError for what has no such form. The value is an example, which the field
    takes.
    """

    def __init__(self, queryset: models.QuerySet[Any], field: str, value: object) -> None:
        found: Any = queryset
        if found.query.combinator or found.query.distinct_fields or found.query.select_for_update:
            raise NotFreezableError
        found = found.filter(**{field: value}).order_by()
        # To plan a limit is a part of the statement's time.
        if not _has_one_row(found.query, _field(found.model, field)):
            found.query.set_limits(high=MAX_GET_RESULTS)
        lookup = found.query.where.children[-1]
        if (
            found._iterable_class is not ModelIterable
            or found._prefetch_related_lookups
            or not isinstance(lookup, Exact)
            or not lookup.rhs_is_direct_value()
        ):
            raise NotFreezableError
        compiler = found.query.get_compiler(using=found.db)
        own = vars(lookup)
        own["get_db_prep_lookup"] = lambda value, connection: ("%s", [_VALUE])
        self._sql, params = compiler.as_sql()
        del own["get_db_prep_lookup"]
        self._params = tuple(params)
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        if (
            sum(param is _VALUE for param in params) != 1
            or compiler.has_extra_select
            or compiler.has_composite_fields(columns)
        ):
            raise NotFreezableError
        compiler.connection = None  # of this thread; each call has its own
        self._queryset, self._compiler = found, compiler
        self._lookup, self._columns = lookup, columns
        # What a field of somebody else makes of a value may change.
        makers = {type(lookup), *type(lookup.lhs.output_field).__mro__}
        self._remembered: dict[object, tuple[Any, ...]] | None = (
            None if any(_is_foreign(maker) for maker in makers) else {}
        )
        self._alias: str = compiler.using
        self._model: Any = found.model
        self._names = _plain_names(found, compiler, columns)
        self._state: dict[str, Any] = {"adding": False, "db": self._alias}
        if (mode := _fetch_mode(found)) is not None:
            self._state["fetch_mode"] = mode

    def __call__(self, value: object) -> list[Any]:
        """The instances with this value, at most MAX_GET_RESULTS.

        Raises NotTakenError, before anything is sent, for a value that the field does not take.
        """
        connection = connections[self._alias]
        # A text and an integer are never equal, so each has its own; a huge one is not kept.
        is_small = (type(value) is str and len(value) <= 64) or (
            type(value) is int and value.bit_length() <= 64
        )
        remembered = self._remembered if is_small else None
        params = None if remembered is None else remembered.get(value)
        if params is None:
            try:
                own = self._to_parameter(value, connection)
            except EmptyResultSet:  # an integer that the column can't hold
                return []
            except REFUSALS as error:
                raise NotTakenError from error
            params = tuple(own if param is _VALUE else param for param in self._params)
            if remembered is not None:
                if len(remembered) >= _REMEMBERED:
                    remembered.clear()
                remembered[value] = params
        # They are the connection's, and live as long as it does.
        kept: dict[FrozenGet, Any] = vars(connection).setdefault("_pyjwtfast_converters", {})
        converters = kept.get(self)
        if converters is None:
            converters = kept[self] = self._compiler_on(connection).get_converters(self._columns)
        names = self._names
        if names is None or not instances.are_djangos_own(self._model):
            return self._by_django(connection, params, converters)
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            rows = cursor.fetchmany(MAX_GET_RESULTS)
        if converters:
            rows = self._compiler_on(connection).apply_converters(rows, converters)
        made = []
        for row in rows:
            attributes = dict(zip(names, (None, *row), strict=True))
            made.append(instances.make(self._model, attributes, self._state.copy()))
        return made

    def _by_django(self, connection: Any, params: tuple[Any, ...], converters: Any) -> list[Any]:
        compiler, queryset = self._compiler_on(connection), _copy(self._queryset)

        def convert(blocks: Any) -> Any:
            rows = chain.from_iterable(blocks)
            return compiler.apply_converters(rows, converters) if converters else rows

        compiler.as_sql = lambda: (self._sql, params)
        compiler.results_iter = convert
        queryset._query = SimpleNamespace(get_compiler=lambda using: compiler)
        return list(ModelIterable(queryset))

    def _to_parameter(self, value: object, connection: Any) -> Any:
        """What the database is sent for the value."""
        kind = type(self._lookup)
        if kind in _COPIED:
            lookup = _copy(self._lookup)  # what is known of the column need not be found out again
            lookup.rhs = value
            lookup.rhs = lookup.get_prep_lookup()
            compiler = self._compiler
        else:
            lookup = kind(self._lookup.lhs, value)
            compiler = self._compiler_on(connection)
        _, (own,) = lookup.process_rhs(compiler, connection)
        return own

    def _compiler_on(self, connection: Any) -> Any:
        compiler = _copy(self._compiler)
        compiler.connection = connection
        return compiler


def _has_one_row(query: Any, field: Any) -> bool:
    """Whether one row at most has a value of the field, and nothing in the SELECT adds to it."""
    adds = query.annotations or query.extra_tables or query.select_related
    return field.unique and len(query.alias_map) == 1 and not adds


def _is_foreign(maker: type) -> bool:
    """Whether a class is neither Django's nor Python's."""
    return maker.__module__.partition(".")[0] not in ("django", "builtins")


def _fetch_mode(queryset: Any) -> Any:
    """How the instances' deferred fields are to be read; None before Django 6.1."""
    return getattr(queryset, "_fetch_mode", None)


def _plain_names(queryset: Any, compiler: Any, columns: list[Any]) -> tuple[str, ...] | None:
    """The attributes of an instance: "_state", and one for each column.

    None where the columns are not just fields of the model, or more is known of an instance.
    """
    if not (
        all(type(column) is Col for column in columns)
        and len(columns) == len(compiler.klass_info["select_fields"])
        and type(compiler).execute_sql is SQLCompiler.execute_sql
        and not compiler.klass_info.get("related_klass_infos")
        and not compiler.annotation_col_map
        and not queryset._known_related_objects
        and not getattr(_fetch_mode(queryset), "track_peers", False)
    ):
        return None
    names = tuple(column.target.attname for column in columns)
    return ("_state", *names) if instances.are_plain(queryset.model, names) else None


def _copy(value: T) -> T:
    made = object.__new__(type(value))
    made.__dict__.update(value.__dict__)
    return made


# What statements, or the parameters made of a value, go by.
_SETTINGS = {"AUTH_USER_MODEL", "DATABASES", "DATABASE_ROUTERS", "TIME_ZONE", "USE_TZ"}

# By owner, database and field; None where the ordinary way must be taken.
_frozen: dict[tuple[object, str, str], FrozenGet | None] = {}


def database_of(source: Any) -> str:
    """The alias that a manager or queryset reads from: its `db`, which takes its time."""
    if source._db is None and not source._hints and not router.routers and type(source).db in _DB:
        return DEFAULT_DB_ALIAS
    return source.db  # type: ignore[no-any-return]


def is_djangos_own(manager: models.Manager[Any]) -> bool:
    """Whether the manager's querysets are those that Django makes, and depend on nothing.

    A `get()` of its own may ask for more than it is given: the tenant's row, say.
    """
    kind: Any = type(manager)
    return (
        kind.get_queryset is models.Manager.get_queryset
        and kind.all is models.Manager.all
        and kind.get is models.Manager.get
        and kind._queryset_class is models.QuerySet
    )


def get_frozen(
    source: models.Manager[M] | models.QuerySet[M], field: str, value: object, owner: object = None
) -> M:
    """`source.get(field=value)`, by a statement that is compiled once for its owner.

    owner: hashable; whose source this is, always with the same SELECT. By default its model.
    Raises DoesNotExist and MultipleObjectsReturned of the model, and NotTakenError for a value that
    the field does not take.
    """
    key = (owner or source.model, database_of(source), field)
    try:
        frozen = _frozen[key]
    except KeyError:
        try:
            frozen = _frozen[key] = _freeze(source.all(), field, value)
        except EmptyResultSet:  # no row can have this value: no example
            frozen = None
    if frozen is not None:
        found = frozen(value)
        if len(found) == 1:
            return found[0]  # type: ignore[no-any-return]
        if not found:
            raise source.model.DoesNotExist  # type: ignore[attr-defined]
    else:
        check_taken(source.model, field, value)
    return source.get(**{field: value})


def check_taken(model: type[models.Model], name: str, value: object) -> None:
    """Raise NotTakenError if a look-up by that name can do nothing with the value."""
    field = _field(model, name)
    try:
        if field is None or field.is_relation:
            model._default_manager.filter(**{name: value})
        else:
            field.get_prep_value(value)
    except REFUSALS as error:
        raise NotTakenError from error


def _field(model: type[models.Model], name: str) -> Any:
    """The field of that name; None where it is a lookup through relations."""
    try:
        return model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _freeze(queryset: models.QuerySet[Any], name: str, value: object) -> FrozenGet | None:
    """Raises NotTakenError for a value that is no example."""
    field = _field(queryset.model, name)
    if field is None or field.is_relation or not getattr(field, "concrete", False):
        return None
    check_taken(queryset.model, name, value)
    try:
        return FrozenGet(queryset, name, value)
    except NotFreezableError:
        return None


def _forget(**kwargs: Any) -> None:
    if kwargs["setting"] in _SETTINGS:
        _frozen.clear()


setting_changed.connect(_forget)
