from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_hash_gap_and_rights"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="vote",
            name="rationale",
        ),
    ]
