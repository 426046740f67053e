"""What people are told: each thing once, in the application and, where they want it, by e-mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.notices import Occasion
from governance.models.jurisdiction import Jurisdiction


class Notice(models.Model):
    """One thing that one person is told, once. Its words are built from these values when it is read or sent."""

    class Mail(models.TextChoices):
        """What becomes of its e-mail."""

        NONE = "none"  # told in the application alone
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"  # given up; the administrator sees it
        SPARED = "spared"  # read, or over, before it was sent

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    occasion = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Occasion])
    subject = models.CharField(max_length=100)  # what of, so that nobody is told twice
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=20, default="")  # of request, a hold's scope, a role, a trouble
    number = models.BigIntegerField(default=0)  # of the request, hold or complaint
    outcome = models.CharField(max_length=20, default="")
    due_at = models.DateTimeField(null=True)  # jurisdiction's clock
    told_at = models.DateTimeField()  # real UTC
    read_at = models.DateTimeField(null=True)  # real UTC
    over_at = models.DateTimeField(null=True)  # real UTC: somebody has acted, so there is nothing left to do
    by_duty = models.BooleanField(default=False)  # its e-mail cannot be declined
    mail = models.CharField(max_length=8, choices=Mail, default=Mail.NONE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)  # real UTC
    sent_at = models.DateTimeField(null=True)  # real UTC
    problem = models.CharField(max_length=200, default="")  # what the mail server said last

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "occasion", "subject"], name="nobody_is_told_twice"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["user"],
                condition=models.Q(read_at=None, over_at=None),
                name="notices_unread",
            ),
            models.Index(fields=["next_try_at"], condition=models.Q(mail="waiting"), name="notices_to_send"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.subject} to {self.user_id}"
