"""Nothing changes: the place where simplejwt's history has been one line again since 5.0."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("token_blacklist", "0010_fix_migrate_to_bigautofield")]
