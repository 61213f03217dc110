"""The ids are fields of the models' own, whatever DEFAULT_AUTO_FIELD is; no column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("token_blacklist", "0008_migrate_to_bigautofield")]
    operations = [
        migrations.AlterField(model, "id", models.BigAutoField(primary_key=True, serialize=False))
        for model in ("blacklistedtoken", "outstandingtoken")
    ]
