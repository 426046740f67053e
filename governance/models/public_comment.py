"""What everybody may say about a proposed policy or recipe, and what was answered."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.models.change_request import ChangeRequest


class PublicComment(models.Model):
    """One comment of a person without an account. Append-only; its text lies beside the entry, where it can be erased.

    Nothing is kept about who wrote it: no name, no address.
    """

    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, related_name="comments")
    digest = models.CharField(max_length=64)  # what she read
    commented_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"comment {self.pk} on {self.change_request}"


class CommentAnswer(models.Model):
    """One answer to one comment or to several at once. Append-only; its text lies beside the entry."""

    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, related_name="comment_answers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    answered_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"answer {self.pk} on {self.change_request}"


class AnsweredComment(models.Model):
    """Which answer a comment was given; a comment is answered once. Append-only."""

    comment = models.OneToOneField(PublicComment, models.PROTECT, related_name="answered")
    answer = models.ForeignKey(CommentAnswer, models.PROTECT, related_name="answered")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.comment} answered by {self.answer}"
