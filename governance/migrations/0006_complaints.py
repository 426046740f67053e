import django.db.models.deletion
import governance.core.complaints
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_a_reason_lies_where_it_can_be_erased"),
    ]

    operations = [
        migrations.CreateModel(
            name="Complaint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("secret_hash", models.CharField(max_length=64, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("decision", "decision"),
                            ("place", "place"),
                            ("data", "data"),
                            ("conduct", "conduct"),
                            ("other", "other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("about_entry", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("filed", "filed"),
                            ("acknowledged", "acknowledged"),
                            ("answered", "answered"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default=governance.core.complaints.ComplaintState["FILED"],
                        max_length=12,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("upheld", "upheld"),
                            ("partly_upheld", "partly_upheld"),
                            ("not_upheld", "not_upheld"),
                            ("not_ours", "not_ours"),
                        ],
                        max_length=14,
                    ),
                ),
                ("policy_version", models.PositiveIntegerField()),
                ("filed_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "area",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.area",
                    ),
                ),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="governance.jurisdiction",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="FilingMark",
            fields=[
                ("mark", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("filings", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(
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
        migrations.CreateModel(
            name="ComplaintContact",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="contact",
                        serialize=False,
                        to="governance.complaint",
                    ),
                ),
                ("contact", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="ComplaintStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("deed", models.CharField(max_length=10)),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="governance.complaint",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                fields=["jurisdiction", "state", "due_at"], name="governance__jurisdi_865e39_idx"
            ),
        ),
        migrations.RunSQL(
            guard_table("governance_complaintstep", settings.DATABASE_APP_ROLE), migrations.RunSQL.noop
        ),
    ]
