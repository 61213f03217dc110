"""manage.py jwt_revoke, found where this app is installed."""

from pyjwtfast.drf.management.revoke_command import Command

__all__ = ["Command"]
