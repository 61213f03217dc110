"""A user with several fields that could be USER_ID_FIELD."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    badge = models.SmallIntegerField(unique=True, null=True)


class Colleague(User):
    class Meta:
        proxy = True


class Employee(User):
    """In two tables: a user, and what makes him an employee."""

    number = models.IntegerField(default=0)


class Choices(models.TextField):
    """A value that can be changed in place. Django's JSONField asks the database about itself."""

    def from_db_value(self, value: str, *args: Any) -> Any:
        return json.loads(value)

    def get_prep_value(self, value: Any) -> str:
        return json.dumps(value)


class Profile(models.Model):
    """Read with its user by select_related()."""

    user = models.OneToOneField(User, models.CASCADE)
    choices = Choices(default=dict)
