from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("public_portal", "0002_guards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="publishedtable",
            name="kind",
            field=models.CharField(
                choices=[
                    ("summary", "Summary"),
                    ("areas", "Areas"),
                    ("scores", "Scores"),
                    ("audits", "Audits"),
                    ("decisions", "Decisions"),
                    ("complaints", "Complaints"),
                ],
                max_length=12,
            ),
        ),
    ]
