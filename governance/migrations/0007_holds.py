import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table

APPEND_ONLY = ["governance_hold", "governance_holdlift"]


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0006_complaints"),
    ]

    operations = [
        migrations.AddField(
            model_name="changerequest",
            name="category",
            field=models.CharField(default="", max_length=40),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("plan", "plan"),
                            ("district", "district"),
                            ("category", "category"),
                            ("recipe", "recipe"),
                            ("everything", "everything"),
                        ],
                        max_length=12,
                    ),
                ),
                ("target", models.CharField(max_length=64)),
                ("salt", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("placed_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="governance.jurisdiction",
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="HoldLift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lifted_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
                (
                    "change_request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.changerequest",
                    ),
                ),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lift", to="governance.hold"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                fields=["jurisdiction", "scope", "target"], name="governance__jurisdi_ede67a_idx"
            ),
        ),
        *[
            migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ],
    ]
