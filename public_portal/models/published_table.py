"""Released tables: the only thing that public pages read."""

from typing import ClassVar

from django.db import models

from public_portal.models.release import Release


class PublishedTable(models.Model):
    """One table of a release, already treated by the publication rule. Append-only.

    `body` is what everybody may see; nothing hidden in it can be had from this database.
    """

    class Kind(models.TextChoices):
        SUMMARY = "summary"
        AREAS = "areas"
        SCORES = "scores"
        AUDITS = "audits"
        DECISIONS = "decisions"
        COMPLAINTS = "complaints"

    release = models.ForeignKey(Release, models.PROTECT, related_name="tables")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    category = models.CharField(max_length=40, blank=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the body's canonical JSON

    class Meta:
        ordering: ClassVar = ["release", "kind", "category"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "kind", "category"], name="one_table_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.category}".strip()
