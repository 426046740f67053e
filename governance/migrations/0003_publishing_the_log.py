import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table

APPEND_ONLY = [
    "governance_cosignature",
    "governance_logverification",
    "governance_publication",
    "governance_recoveryproposal",
]
COUNT_ON = "UPDATE governance_ledgerlock SET next_index = (SELECT count(*) FROM governance_ledgerentry)"


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogHealth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("part", models.CharField(max_length=220, unique=True)),
                ("tried_at", models.DateTimeField()),
                ("succeeded_at", models.DateTimeField(null=True)),
                ("size", models.BigIntegerField(default=0)),
                ("problem", models.TextField(default="")),
                ("failing_since", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LogVerification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verified_at", models.DateTimeField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("checkpoints", models.PositiveIntegerField()),
                ("first_bad_entry", models.BigIntegerField(null=True)),
                ("fault", models.TextField(default="")),
                ("seconds", models.FloatField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="ledgerlock",
            name="next_index",
            field=models.BigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("note", models.TextField()),
                ("quorum_met", models.BooleanField()),
                ("published_at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publications",
                        to="governance.checkpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RecoveryProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("local_size", models.BigIntegerField()),
                ("published_size", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                (
                    "proposed_by",
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
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("witness", models.CharField(max_length=200)),
                ("line", models.TextField()),
                ("cosigned_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="governance.checkpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("checkpoint", "witness"), name="one_cosignature_of_a_witness"
                    )
                ],
            },
        ),
        *[
            migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ],
        migrations.RunSQL(COUNT_ON, migrations.RunSQL.noop),
    ]
