"""The blacklist's tables, and whether its migrations are applied."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from .. import token_blacklist


def look_at_blacklist(
    problems: list[CheckMessage], *, rows: bool, database: bool
) -> dict[str, Any]:
    """What there is of the blacklist; what is missing is added to problems."""
    from ..token_blacklist.models import BlacklistedToken, OutstandingToken

    alias = router.db_for_write(OutstandingToken)
    connection = connections[alias]
    found: dict[str, Any] = {
        "app": apps.get_app_config(token_blacklist.LABEL).name,
        "database": f"{alias} ({connection.vendor})",
    }
    if not database:
        return found
    try:
        executor = MigrationExecutor(connection)
        leaves = executor.loader.graph.leaf_nodes(token_blacklist.LABEL)
        plan = [step for step, _ in executor.migration_plan(leaves)]
        unapplied = [step.name for step in plan if step.app_label == token_blacklist.LABEL]
        found["migrations"] = "applied" if not unapplied else f"not applied: {', '.join(unapplied)}"
        if unapplied:
            problems.append(
                Error(
                    f"The database '{alias}' lacks migrations of the blacklist.",
                    hint="Run `manage.py migrate`"
                    + (f" --database {alias}." if alias != "default" else "."),
                    id="pyjwtfast.E102",
                )
            )
        with connection.cursor() as cursor:
            present = connection.introspection.table_names(cursor)
            table = OutstandingToken._meta.db_table
            if table in present:
                constraints = connection.introspection.get_constraints(cursor, table)
                found["index_on_expires_at"] = any(
                    each["index"] and each["columns"] == ["expires_at"]
                    for each in constraints.values()
                )
        found["tables"] = {}
        for model in (OutstandingToken, BlacklistedToken):
            table = model._meta.db_table
            found["tables"][table] = "there" if table in present else "missing"
            if rows and table in present:
                found["tables"][table] = f"{model._default_manager.using(alias).count()} rows"
        if rows and OutstandingToken._meta.db_table in present:
            found["expired_rows"] = (
                OutstandingToken._default_manager.using(alias)
                .filter(expires_at__lte=timezone.now())
                .count()
            )
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
