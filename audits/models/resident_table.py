"""Files of residents by area and group as they came in."""

from typing import ClassVar

from django.db import models


class ResidentTable(models.Model):
    """One imported file. The newest one of a jurisdiction counts; older ones explain older audits. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # SHA-256 of the file as given
    groups = models.JSONField()  # names of the groups, in order
    areas = models.PositiveIntegerField()
    residents = models.PositiveIntegerField()
    imported_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.residents} residents of {self.areas} areas"
