"""Rows of the two tables, for the tests of this folder."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken

TEXT = "the.text.of-a-token"


def add(number: int = 1, *, blacklisted: bool = False, **fields: Any) -> list[OutstandingToken]:
    """So many tokens that are good for a day, or as the fields say."""
    fields = {"token": TEXT, "expires_at": timezone.now() + timedelta(days=1), **fields}
    rows = [OutstandingToken(jti=uuid.uuid4().hex, **fields) for _ in range(number)]
    OutstandingToken.objects.bulk_create(rows)
    if blacklisted:
        BlacklistedToken.objects.bulk_create(BlacklistedToken(token=row) for row in rows)
    return rows


def add_expired(
    number: int = 1, *, blacklisted: bool = True, **age: float
) -> list[OutstandingToken]:
    """So many that expired that long ago (days=1 by default), and were blacklisted before."""
    expires_at = timezone.now() - timedelta(**(age or {"days": 1}))
    return add(number, blacklisted=blacklisted, expires_at=expires_at)


def left(using: str = "default") -> tuple[int, int]:
    """How many rows there are in each table."""
    models = (OutstandingToken, BlacklistedToken)
    outstanding, blacklisted = (model.objects.using(using).count() for model in models)
    return outstanding, blacklisted
