"""`manage.py make_demo_user`: the user whose password the page tells."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo import PASSWORD, make_demo_user


class Command(BaseCommand):
    help = "Makes the demo user, or sets its password back. Only where DEMO is 1."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Its password is known to everybody: set DEMO=1 if you want that.")
        user = make_demo_user()
        self.stdout.write(f"The demo user is {user.username}, with the password {PASSWORD}.")
