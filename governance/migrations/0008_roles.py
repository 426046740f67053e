import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table


APPEND_ONLY = ["governance_rolerequest", "governance_trainingrecord"]


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0007_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="rolegrant",
            name="change_request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="governance.changerequest",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="ledger_index",
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="RoleRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("data_steward", "data_steward"),
                            ("analyst", "analyst"),
                            ("supervisor", "supervisor"),
                            ("board_member", "board_member"),
                            ("board_chair", "board_chair"),
                            ("auditor", "auditor"),
                            ("privacy_officer", "privacy_officer"),
                            ("administrator", "administrator"),
                            ("service", "service"),
                            ("resident", "resident"),
                        ],
                        max_length=20,
                    ),
                ),
                ("salt", models.CharField(max_length=32)),
                ("ledger_index", models.BigIntegerField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "change_request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_request",
                        to="governance.changerequest",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrainingRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("data_steward", "data_steward"),
                            ("analyst", "analyst"),
                            ("supervisor", "supervisor"),
                            ("board_member", "board_member"),
                            ("board_chair", "board_chair"),
                            ("auditor", "auditor"),
                            ("privacy_officer", "privacy_officer"),
                            ("administrator", "administrator"),
                            ("service", "service"),
                            ("resident", "resident"),
                        ],
                        max_length=20,
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("completed_at", models.DateTimeField(auto_now_add=True)),
                ("ledger_index", models.BigIntegerField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="training",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "role", "version"), name="trained_once")
                ],
            },
        ),
        *[
            migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ],
    ]
