"""`manage.py make_demo_user`: the user whose password the page tells."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo import PASSWORD, make_demo_user


class Command(BaseCommand):
    help = "Makes the demo user, if there is none yet. Only where DEMO is 1."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Its password is known to everybody: set DEMO=1 if you want that.")
        try:
            user = make_demo_user()
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The demo user is {user.username}, with the password {PASSWORD}.")
