"""Simulated scenarios, which only grow."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table


class Migration(migrations.Migration):
    dependencies = [("forecasting", "0006_context"), ("governance", "0002_guards")]

    operations = [
        migrations.CreateModel(
            name="ScenarioRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked", models.JSONField()),
                ("seed", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("simulated_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.jurisdiction",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="forecasting.forecastrun",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddConstraint(
            model_name="scenariorun",
            constraint=models.UniqueConstraint(fields=("run", "digest"), name="one_result_a_run"),
        ),
        migrations.RunSQL(
            guard_table("forecasting_scenariorun", settings.DATABASE_APP_ROLE), migrations.RunSQL.noop
        ),
    ]
