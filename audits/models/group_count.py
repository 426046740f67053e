"""Residents by group: the only table about who lives where."""

from typing import ClassVar

from django.db import models

from audits.models.resident_table import ResidentTable


class GroupCount(models.Model):
    """Residents of one group in one area, as a census publishes them. Append-only.

    `group` is a name of the table's list, or `all_residents`. Forecasting cannot import this.
    """

    table = models.ForeignKey(ResidentTable, models.PROTECT, related_name="counts")
    area = models.ForeignKey("governance.Area", models.PROTECT, related_name="+")
    group = models.CharField(max_length=40)
    residents = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["table", "area", "group"], name="one_count_an_area_and_group"),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.residents}"
