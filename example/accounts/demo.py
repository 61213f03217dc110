"""The demo user, whose password everybody may know."""

from django.contrib.auth.models import User
from django.db import transaction

from notes.models import Note

USERNAME = "ada"
PASSWORD = "analytical-engine"
NOTES = ("Weave algebraic patterns", "Compute the Bernoulli numbers")


@transaction.atomic
def make_demo_user() -> User:
    """The demo user, with notes to be listed. ValueError if the name is somebody else's."""
    user = User.objects.filter(username=USERNAME).first()
    if user is None:
        user = User.objects.create_user(USERNAME, password=PASSWORD)
        Note.objects.bulk_create(Note(owner=user, text=text) for text in NOTES)
    elif not (user.is_active and user.check_password(PASSWORD)):
        raise ValueError(
            f"The user {USERNAME} has another password, or is not active: rename or delete that "
            "user, or use another database (DATABASE_URL)."
        )
    return user
