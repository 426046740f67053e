"""Which of forecasting's tables only grow."""

from django.conf import settings
from django.db import migrations

from governance.core.append_only import guard_table

APPEND_ONLY = [
    "forecasting_batch",
    "forecasting_briefing",
    "forecasting_extract",
    "forecasting_forecastrun",
    "forecasting_plan",
    "forecasting_planclosure",
    "forecasting_recipe",
    "forecasting_scorecard",
]


class Migration(migrations.Migration):
    dependencies = [("forecasting", "0001_initial"), ("governance", "0002_guards")]
    operations = [
        migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
        for table in APPEND_ONLY
    ]
