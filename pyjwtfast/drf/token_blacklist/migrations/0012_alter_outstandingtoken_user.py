"""A token outlives its user; no column changes."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("token_blacklist", "0011_linearizes_history"),
    ]
    operations = [
        migrations.AlterField(
            "outstandingtoken",
            "user",
            models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True),
        ),
    ]
