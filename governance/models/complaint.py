"""Complaints of residents: where each stands, its steps, and, apart, a way to reach whoever filed it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.complaints import ComplaintKind, ComplaintOutcome, ComplaintState
from governance.models.area import Area
from governance.models.jurisdiction import Jurisdiction
from governance.models.ledger_entry import LedgerText


class Complaint(models.Model):
    """One complaint. Nothing here is about a person; the words lie beside the entries, where they can be erased."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="complaints")
    digest = models.CharField(max_length=64, unique=True)  # its name in the record; says nothing by itself
    secret_hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the private link's secret
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in ComplaintKind])
    about_entry = models.BigIntegerField(null=True)  # entry of the record that it is about
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    state = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in ComplaintState],
        default=ComplaintState.FILED,
    )
    outcome = models.CharField(
        max_length=14, blank=True, choices=[(each.value, each.value) for each in ComplaintOutcome]
    )
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    policy_version = models.PositiveIntegerField()
    filed_at = models.DateTimeField()  # jurisdiction's clock
    due_at = models.DateTimeField()  # jurisdiction's clock
    closed_at = models.DateTimeField(null=True)  # jurisdiction's clock

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        indexes: ClassVar = [models.Index(fields=["jurisdiction", "state", "due_at"])]

    def __str__(self) -> str:
        return f"complaint {self.pk}, {self.state}"


class ComplaintStep(models.Model):
    """One deed on a complaint, with the entry that tells of it. Append-only."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="steps")
    deed = models.CharField(max_length=10)  # file, take, answer, withdraw
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    @property
    def text(self) -> str | None:
        """What was written with this deed; None where nothing was, or it was erased."""
        kept = LedgerText.objects.filter(entry_id=self.ledger_index).first()
        return kept.text if kept else None

    def __str__(self) -> str:
        return f"{self.deed} of {self.complaint}"


class ComplaintContact(models.Model):
    """A way to reach whoever filed a complaint, if one was given; erased some days after it is closed."""

    complaint = models.OneToOneField(Complaint, models.PROTECT, primary_key=True, related_name="contact")
    contact = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"contact of {self.complaint}"


class FilingMark(models.Model):
    """How many complaints one network address filed on one day; the address itself is never stored."""

    mark = models.CharField(max_length=64, primary_key=True)  # HMAC-SHA-256 of day and address
    day = models.DateField()  # real UTC; the row is deleted when it is over
    filings = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.filings} filings on {self.day}"
