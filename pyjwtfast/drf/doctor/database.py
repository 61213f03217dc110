"""The blacklist's tables, and whether its migrations are applied."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from .. import token_blacklist

# From so many tokens on, finding the expired ones without an index takes its time.
_MANY_ROWS = 100_000


def look_at_blacklist(
    problems: list[CheckMessage], *, rows: bool, database: bool
) -> dict[str, Any]:
    """What there is of the blacklist; what is wrong with it is added to problems.

    rows: count them, too. database: look at it at all, or only at what the settings say.
    """
    from ..token_blacklist.models import OutstandingToken

    alias = router.db_for_write(OutstandingToken)
    connection = connections[alias]
    found: dict[str, Any] = {
        "app": apps.get_app_config(token_blacklist.LABEL).name,
        "database": f"{alias} ({connection.vendor})",
    }
    if not database:
        return found
    try:
        found["migrations"] = _look_at_migrations(connection, problems)
        found |= _look_at_tables(connection, problems, rows=rows)
    except (DatabaseError, ImproperlyConfigured) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        found["error"] = reason
        problems.append(
            Error(
                f"The blacklist's database '{alias}' does not answer: {reason}",
                hint=f"Correct DATABASES['{alias}'], or start its server; --no-database leaves it "
                "alone.",
                id="pyjwtfast.E101",
            )
        )
    return found


def _look_at_migrations(connection: BaseDatabaseWrapper, problems: list[CheckMessage]) -> str:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes(token_blacklist.LABEL)
    plan = [migration for migration, _ in executor.migration_plan(leaves)]
    lacking = [each.name for each in plan if each.app_label == token_blacklist.LABEL]
    if not lacking:
        return "applied"
    problems.append(
        Error(
            f"The database '{connection.alias}' lacks migrations of the blacklist.",
            hint="Run `manage.py migrate"
            + ("`." if connection.alias == "default" else f" --database {connection.alias}`."),
            id="pyjwtfast.E102",
        )
    )
    return f"not applied: {', '.join(lacking)}"


def _look_at_tables(
    connection: BaseDatabaseWrapper, problems: list[CheckMessage], *, rows: bool
) -> dict[str, Any]:
    from ..token_blacklist.models import BlacklistedToken, OutstandingToken

    table = OutstandingToken._meta.db_table
    found: dict[str, Any] = {"tables": {}}
    with connection.cursor() as cursor:
        present = connection.introspection.table_names(cursor)
        if table in present:
            constraints = connection.introspection.get_constraints(cursor, table).values()
            found["index_on_expires_at"] = any(
                each["index"] and each["columns"][:1] == ["expires_at"] for each in constraints
            )
    for model in (OutstandingToken, BlacklistedToken):
        name = model._meta.db_table
        found["tables"][name] = "there" if name in present else "missing"
        if rows and name in present:
            number = model._default_manager.using(connection.alias).count()
            found["tables"][name] = f"{number} rows"
    if rows and table in present:
        tokens = OutstandingToken._default_manager.using(connection.alias)
        found["expired_rows"] = tokens.filter(expires_at__lte=timezone.now()).count()
        if tokens.count() >= _MANY_ROWS and not found["index_on_expires_at"]:
            problems.append(
                Warning(
                    f"{table} has {_MANY_ROWS} rows or more, and no index on expires_at: "
                    "flushexpiredtokens reads all of it.",
                    hint="Run `manage.py indexexpiredtokens`.",
                    id="pyjwtfast.W102",
                )
            )
    return found
