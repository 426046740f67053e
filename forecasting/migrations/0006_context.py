"""Registered context: layers and series, which only grow."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table


class Migration(migrations.Migration):
    dependencies = [("forecasting", "0005_findings_and_drift"), ("governance", "0002_guards")]

    operations = [
        migrations.CreateModel(
            name="ContextLayer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("layer_name", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("points", "Points"),
                            ("lines", "Lines"),
                            ("polygons", "Polygons"),
                            ("series", "Series by day"),
                        ],
                        max_length=8,
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("source", models.CharField(max_length=300)),
                ("filename", models.CharField(max_length=200)),
                ("file_digest", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("features", models.BigIntegerField()),
                ("left_out", models.BigIntegerField()),
                ("registered_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.jurisdiction",
                    ),
                ),
            ],
            options={"ordering": ["layer_name", "as_of"]},
        ),
        migrations.AddConstraint(
            model_name="contextlayer",
            constraint=models.UniqueConstraint(
                fields=("jurisdiction", "layer_name", "as_of"), name="one_version_a_moment"
            ),
        ),
        migrations.RunSQL(
            guard_table("forecasting_contextlayer", settings.DATABASE_APP_ROLE), migrations.RunSQL.noop
        ),
    ]
