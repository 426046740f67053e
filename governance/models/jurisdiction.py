"""A city, county or precinct that uses Lamplight."""

from datetime import timedelta
from typing import ClassVar

from django.contrib.gis.db import models

from governance.core.roles import PERMISSION_LABELS


class Jurisdiction(models.Model):
    """Where it is, how it is measured, and which clock it keeps."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    profile = models.CharField(max_length=60)
    srid = models.IntegerField()  # projected CRS of all plane coordinates
    unit_metres = models.FloatField()  # length of that CRS's unit
    timezone = models.CharField(max_length=60)
    boundary = models.MultiPolygonField(srid=4326)
    is_replay = models.BooleanField(default=False)
    clock_offset = models.DurationField(default=timedelta)  # jurisdiction's time minus real time
    genesis = models.JSONField(default=dict)  # digests of the first policy and recipes
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        permissions: ClassVar = [(permission.value, label) for permission, label in PERMISSION_LABELS.items()]

    def __str__(self) -> str:
        return self.name
