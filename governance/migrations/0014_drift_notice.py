"""People are told of drift."""

from django.db import migrations, models

from governance.core.notices import Occasion


class Migration(migrations.Migration):
    dependencies = [("governance", "0013_recovery_votes")]
    operations = [
        migrations.AlterField(
            model_name="notice",
            name="occasion",
            field=models.CharField(max_length=20, choices=[(each.value, each.value) for each in Occasion]),
        ),
    ]
