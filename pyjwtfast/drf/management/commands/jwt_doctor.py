"""manage.py jwt_doctor, found where this app is installed."""

from pyjwtfast.drf.doctor.command import Command

__all__ = ["Command"]
