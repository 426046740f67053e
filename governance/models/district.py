"""A police district."""

from typing import ClassVar

from django.contrib.gis.db import models

from governance.core.roles import PERMISSION_LABELS
from governance.models.jurisdiction import Jurisdiction


class District(models.Model):
    """The container on which a supervisor's role is granted."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="districts")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    boundary = models.MultiPolygonField(srid=4326)

    class Meta:
        ordering: ClassVar = ["jurisdiction", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "code"], name="district_code_once"),
        ]
        permissions: ClassVar = [(permission.value, label) for permission, label in PERMISSION_LABELS.items()]

    def __str__(self) -> str:
        return self.name
