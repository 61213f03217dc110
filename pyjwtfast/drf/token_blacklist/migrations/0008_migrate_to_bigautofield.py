"""Ids of 64 bits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("token_blacklist", "0007_auto_20171017_2214")]
    operations = [
        migrations.AlterField(
            model,
            "id",
            models.BigAutoField(auto_created=True, primary_key=True, serialize=False),
        )
        for model in ("blacklistedtoken", "outstandingtoken")
    ]
