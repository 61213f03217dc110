"""A user with several fields that could be USER_ID_FIELD."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    badge = models.SmallIntegerField(unique=True, null=True)
