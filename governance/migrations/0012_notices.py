import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0011_break_glass"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="notices_by_mail",
            field=models.BooleanField(default=True),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("vote_waits", "vote_waits"),
                            ("vote_expires", "vote_expires"),
                            ("settled", "settled"),
                            ("hold_placed", "hold_placed"),
                            ("hold_lifted", "hold_lifted"),
                            ("break_glass", "break_glass"),
                            ("review_open", "review_open"),
                            ("review_due", "review_due"),
                            ("complaint_waits", "complaint_waits"),
                            ("complaint_due", "complaint_due"),
                            ("role_granted", "role_granted"),
                            ("log_alarm", "log_alarm"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(max_length=100)),
                ("kind", models.CharField(default="", max_length=20)),
                ("number", models.BigIntegerField(default=0)),
                ("outcome", models.CharField(default="", max_length=20)),
                ("due_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("over_at", models.DateTimeField(null=True)),
                ("by_duty", models.BooleanField(default=False)),
                (
                    "mail",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("waiting", "Waiting"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("spared", "Spared"),
                        ],
                        default="none",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(default="", max_length=200)),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="governance.jurisdiction",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("over_at", None), ("read_at", None)),
                        fields=["user"],
                        name="notices_unread",
                    ),
                    models.Index(
                        condition=models.Q(("mail", "waiting")),
                        fields=["next_try_at"],
                        name="notices_to_send",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "occasion", "subject"), name="nobody_is_told_twice"
                    )
                ],
            },
        ),
    ]
