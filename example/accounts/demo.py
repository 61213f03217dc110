"""The demo user, whose password everybody may know."""

from django.contrib.auth.models import User

from notes.models import Note

USERNAME = "ada"
PASSWORD = "analytical-engine"
NOTES = ("Weave algebraic patterns", "Compute the Bernoulli numbers")


def make_demo_user() -> User:
    """The demo user: with this password, whatever it was before, and with notes to be listed."""
    user, created = User.objects.get_or_create(username=USERNAME)
    if not user.check_password(PASSWORD):
        user.set_password(PASSWORD)
    user.is_active = True
    user.save()
    if created:
        Note.objects.bulk_create(Note(owner=user, text=text) for text in NOTES)
    return user
