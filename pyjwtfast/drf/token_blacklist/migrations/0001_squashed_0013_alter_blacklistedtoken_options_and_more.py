"""The tables in one step, for a new database; what the twelve migrations come to.

They stay, under simplejwt's names: Django takes this one where none or all of them are applied, and
those that are missing where some are.
"""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("token_blacklist", "0001_initial"),
        ("token_blacklist", "0002_outstandingtoken_jti_hex"),
        ("token_blacklist", "0003_auto_20171017_2007"),
        ("token_blacklist", "0004_auto_20171017_2013"),
        ("token_blacklist", "0005_remove_outstandingtoken_jti"),
        ("token_blacklist", "0006_auto_20171017_2113"),
        ("token_blacklist", "0007_auto_20171017_2214"),
        ("token_blacklist", "0008_migrate_to_bigautofield"),
        ("token_blacklist", "0010_fix_migrate_to_bigautofield"),
        ("token_blacklist", "0011_linearizes_history"),
        ("token_blacklist", "0012_alter_outstandingtoken_user"),
        ("token_blacklist", "0013_alter_blacklistedtoken_options_and_more"),
    ]
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="OutstandingToken",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("jti", models.CharField(unique=True, max_length=255)),
                ("token", models.TextField()),
                ("created_at", models.DateTimeField(null=True, blank=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True
                    ),
                ),
            ],
            options={
                "verbose_name": "Outstanding Token",
                "verbose_name_plural": "Outstanding Tokens",
                "ordering": ("user",),
            },
        ),
        migrations.CreateModel(
            name="BlacklistedToken",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("blacklisted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "token",
                    models.OneToOneField("token_blacklist.OutstandingToken", models.CASCADE),
                ),
            ],
            options={
                "verbose_name": "Blacklisted Token",
                "verbose_name_plural": "Blacklisted Tokens",
            },
        ),
    ]
