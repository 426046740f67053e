import django.db.models.deletion
import governance.core.states
from django.conf import settings
from django.db import migrations, models

from governance.core.append_only import guard_table


APPEND_ONLY = ["governance_requestact"]


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0008_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delegation",
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
                ("given_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("ledger_index", models.BigIntegerField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RequestAct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=20)),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("withdrawal", "Withdrawal"),
                            ("revocation", "Revocation"),
                            ("recusal", "Recusal"),
                        ],
                        max_length=12,
                    ),
                ),
                ("done_at", models.DateTimeField()),
                ("ledger_index", models.BigIntegerField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="vote",
            name="one_person_counts_once",
        ),
        migrations.AddField(
            model_name="vote",
            name="on_behalf_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="votes_in_her_place",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="vote",
            name="stage",
            field=models.CharField(default="", max_length=40),
        ),
        migrations.AlterField(
            model_name="changerequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("returned", "returned"),
                    ("approved", "approved"),
                    ("rejected", "rejected"),
                    ("expired", "expired"),
                    ("executed", "executed"),
                    ("withdrawn", "withdrawn"),
                    ("revoked", "revoked"),
                ],
                default=governance.core.states.State["OPEN"],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(
                fields=("change_request", "digest", "user", "stage"), name="one_person_counts_once"
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="district",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delegations",
                to="governance.district",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="giver",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delegations_given",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="jurisdiction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delegations",
                to="governance.jurisdiction",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="taker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delegations_taken",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="requestact",
            name="change_request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acts",
                to="governance.changerequest",
            ),
        ),
        migrations.AddField(
            model_name="requestact",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="request_acts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="delegation",
            index=models.Index(
                fields=["jurisdiction", "taker", "revoked_at"], name="governance__jurisdi_2d1d18_idx"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deed", "recusal")),
                fields=("change_request", "user"),
                name="one_steps_back_once",
            ),
        ),
        *[
            migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ],
    ]
