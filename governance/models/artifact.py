"""Files named by their digest."""

from django.db import models


class Artifact(models.Model):
    """One stored file; its bytes live in the artifact store under the same digest. Append-only."""

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256, hex
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"
