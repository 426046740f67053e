import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table

APPEND_ONLY = ["governance_breakglass"]


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0010_policy_and_comment"),
    ]

    operations = [
        migrations.CreateModel(
            name="BreakGlass",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("request_digest", models.CharField(max_length=64)),
                (
                    "lowers",
                    models.CharField(choices=[("quorum", "quorum"), ("district", "district")], max_length=10),
                ),
                ("hours", models.PositiveSmallIntegerField()),
                ("salt", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("role", models.CharField(max_length=20)),
                ("opened_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("review_due_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "change_request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="break_glass",
                        to="governance.changerequest",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviewed_glass",
                        to="governance.changerequest",
                    ),
                ),
                (
                    "told",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="told_of",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        *[
            migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ],
    ]
