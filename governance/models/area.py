"""Named geography: areas that numbers are published for, and streets that places are named after."""

from typing import ClassVar

from django.contrib.gis.db import models

from governance.models.jurisdiction import Jurisdiction


class Area(models.Model):
    """Geography only; what is known about residents lives in audits."""

    class Kind(models.TextChoices):
        AREA = "area"
        STREET = "street"

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="areas")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.AREA)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=160)
    geometry = models.GeometryField(srid=4326)

    class Meta:
        ordering: ClassVar = ["jurisdiction", "kind", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "kind", "code"], name="area_code_once"),
        ]

    def __str__(self) -> str:
        return self.name
