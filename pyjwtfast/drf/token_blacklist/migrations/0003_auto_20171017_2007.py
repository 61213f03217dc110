"""Each UUID as text: 32 hexadecimal digits."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import migrations

BATCH = 1000


def to_text(apps: Any, schema_editor: Any) -> None:
    """Fill jti_hex from jti."""
    _fill(apps, schema_editor, "jti_hex", lambda row: row.jti.hex)


def to_uuid(apps: Any, schema_editor: Any) -> None:
    """Fill jti from jti_hex."""
    _fill(apps, schema_editor, "jti", lambda row: UUID(hex=row.jti_hex))


def _fill(apps: Any, schema_editor: Any, column: str, value: Callable[[Any], object]) -> None:
    model = apps.get_model("token_blacklist", "OutstandingToken")
    rows = model.objects.using(schema_editor.connection.alias).only("jti", "jti_hex")
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            setattr(row, column, value(row))
        rows.bulk_update(batch, [column])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("token_blacklist", "0002_outstandingtoken_jti_hex")]
    operations = [migrations.RunPython(to_text, to_uuid)]
