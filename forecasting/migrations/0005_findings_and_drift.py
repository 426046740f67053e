"""What was found to be emerging, whether something drifted, and the fallbacks that followed. All of it only grows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table

APPEND_ONLY = [
    "forecasting_driftrun",
    "forecasting_fallback",
    "forecasting_fallbackend",
    "forecasting_findingrun",
]


class Migration(migrations.Migration):
    dependencies = [
        ("forecasting", "0004_recipe_drafts"),
        ("governance", "0014_drift_notice"),
    ]

    operations = [
        migrations.CreateModel(
            name="DriftRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("category", models.CharField(max_length=40)),
                ("as_of", models.DateTimeField()),
                ("breached", models.JSONField(default=list)),
                ("fallback_due", models.BooleanField(default=False)),
                ("digest", models.CharField(max_length=64)),
                ("seed", models.BigIntegerField()),
                ("policy_version", models.PositiveIntegerField()),
                ("ledger_index", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.jurisdiction",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Fallback",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("category", models.CharField(max_length=40)),
                ("body", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("policy_version", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "drift_run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fallback",
                        to="forecasting.driftrun",
                    ),
                ),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.jurisdiction",
                    ),
                ),
                (
                    "recipe",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="forecasting.recipe"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="FallbackEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "because",
                    models.CharField(
                        choices=[("clean", "Clean"), ("policy", "Policy"), ("recipe", "Recipe")], max_length=8
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "fallback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="forecasting.fallback",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FindingRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("category", models.CharField(max_length=40)),
                ("as_of", models.DateTimeField()),
                ("found", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("seed", models.BigIntegerField()),
                ("policy_version", models.PositiveIntegerField()),
                ("ledger_index", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "extract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="forecasting.extract",
                    ),
                ),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.jurisdiction",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("extract", "category"), name="one_look_an_extract")
                ],
            },
        ),
        *(
            migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ),
    ]
