"""The public record as data: the newest checkpoint, entries, and the proof of one."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from governance import log_alarms, log_status, published_log, stored_log
from governance.api.answers import PUBLIC, Endpoint, Problem
from governance.core.canonical import EntryError, parse_leaf
from governance.core.refusals import Refused
from governance.models import LedgerEntry, LogVerification, Publication


class CheckpointAnswer(serializers.ModelSerializer[Publication]):
    """The newest published state of the log."""

    size = serializers.IntegerField(source="checkpoint.size", help_text="Entries it covers.")
    signed_at = serializers.DateTimeField(source="checkpoint.signed_at")
    root_hash = serializers.SerializerMethodField(help_text="SHA-256 of the tree (RFC 9162), hexadecimal.")
    verification_key = serializers.SerializerMethodField(
        help_text="The log's public key, as signed notes name it."
    )

    class Meta:
        model = Publication
        fields = (
            "size",
            "root_hash",
            "signed_at",
            "published_at",
            "quorum_met",
            "note",
            "verification_key",
        )

    def get_root_hash(self, publication: Publication) -> str:
        return bytes(publication.checkpoint.root).hex()

    def get_verification_key(self, publication: Publication) -> str:
        return published_log.log_key().verification_key.text


class AlarmAnswer(serializers.Serializer[log_alarms.Alarm]):
    """One thing that is wrong with the log."""

    trouble = serializers.ChoiceField(choices=[each.value for each in log_alarms.Trouble])
    sentence = serializers.CharField(help_text="What is known.")
    since = serializers.DateTimeField(allow_null=True)


class WitnessAnswer(serializers.Serializer[log_status.WitnessState]):
    """One witness of the policy."""

    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Entries of the last checkpoint it cosigned; 0 for none.")
    cosigned_at = serializers.DateTimeField(
        allow_null=True, help_text="When it answered with that cosignature."
    )
    tried_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(help_text="Why it has not cosigned; empty while it does.")


class VerificationAnswer(serializers.ModelSerializer[LogVerification]):
    """The last time everything was computed anew."""

    class Meta:
        model = LogVerification
        fields = ("verified_at", "size", "checkpoints", "first_bad_entry", "fault", "seconds")


class AnnouncementAnswer(serializers.Serializer[log_status.Announcement]):
    """A file that strangers verify with."""

    digest = serializers.CharField(help_text="SHA-256 of the file as it is served.")
    entry = serializers.IntegerField(allow_null=True, help_text="The entry that announced this SHA-256.")


class LogStatusAnswer(serializers.Serializer[log_status.LogStatus]):
    """How the log stands."""

    entries = serializers.IntegerField()
    published = serializers.IntegerField(help_text="Entries that the published checkpoint covers.")
    published_at = serializers.DateTimeField(source="publication.published_at", default=None, allow_null=True)
    quorum_met = serializers.BooleanField(source="publication.quorum_met", default=None, allow_null=True)
    cosigners = serializers.ListField(child=serializers.CharField())
    quorum = serializers.CharField(
        source="witnessing.demand", help_text="Whose cosignatures the policy asks for."
    )
    waits_for_quorum = serializers.BooleanField(source="witnessing.waits")
    witnesses = WitnessAnswer(source="witnessing.states", many=True)
    verification = VerificationAnswer(allow_null=True)
    verifier = AnnouncementAnswer()
    policy = AnnouncementAnswer()
    alarms = AlarmAnswer(many=True, help_text="The gravest first; empty while all is well.")


class EntryRow(serializers.ModelSerializer[LedgerEntry]):
    """One entry: the leaf speaks, and its hash."""

    index = serializers.IntegerField(help_text="Counted from 0.")
    leaf = serializers.SerializerMethodField(
        help_text="What is hashed; as bytes it is canonical JSON (RFC 8785). Null where the bytes are damaged."
    )
    leaf_hash = serializers.SerializerMethodField(help_text="SHA-256(0x00 ‖ leaf), hexadecimal (RFC 9162).")
    leaf_url = serializers.SerializerMethodField(help_text="The exact bytes.")

    class Meta:
        model = LedgerEntry
        fields: tuple[str, ...] = ("index", "leaf", "leaf_hash", "leaf_url")

    def get_leaf(self, entry: LedgerEntry) -> dict[str, Any] | None:
        try:
            return parse_leaf(bytes(entry.leaf))
        except EntryError:
            return None

    def get_leaf_hash(self, entry: LedgerEntry) -> str:
        return bytes(entry.leaf_hash).hex()

    def get_leaf_url(self, entry: LedgerEntry) -> str:
        return reverse("log-entry-leaf", args=[entry.index])


class ProvedEntry(EntryRow):
    """One entry with its proof, or the reason why there is none yet."""

    proof = serializers.CharField(
        allow_null=True,
        help_text="c2sp.org/tlog-proof, under the smallest published checkpoint that covers it, a cosigned one if any.",
    )
    unproved = Problem(allow_null=True, help_text="Why there is no proof.")

    class Meta(EntryRow.Meta):
        fields = (*EntryRow.Meta.fields, "proof", "unproved")


class NewestCheckpoint(Endpoint):
    """The newest checkpoint."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = CheckpointAnswer

    @extend_schema(
        operation_id="checkpoint",
        summary="The newest published state of the record",
        description="`note` is the signed note exactly as published (c2sp.org/tlog-checkpoint).",
        tags=[PUBLIC],
        responses={200: CheckpointAnswer, 404: Problem},
    )
    def get(self, request: Request) -> Response:
        publication = stored_log.last_publication()
        if publication is None:
            raise Http404("No checkpoint has been published yet.")
        return Response(self.one(publication))


class LogStatus(Endpoint):
    """How the log stands."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = LogStatusAnswer

    @extend_schema(
        operation_id="log_status",
        summary="How the record stands",
        description="What the page of the record says: how far it is published, who cosigned it, what is wrong.",
        tags=[PUBLIC],
        responses=LogStatusAnswer,
    )
    def get(self, request: Request) -> Response:
        return Response(self.one(log_status.log_status()))


class Entries(Endpoint):
    """All entries."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = EntryRow

    @extend_schema(
        summary="Entries of the record, newest first",
        description="Everything that was done, by pseudonym and role. Texts, places and people are no part of it.",
        tags=[PUBLIC],
        responses=EntryRow(many=True),
    )
    def get(self, request: Request) -> Response:
        return self.page(LedgerEntry.objects.order_by("-index"))


class Entry(Endpoint):
    """One entry."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = ProvedEntry

    @extend_schema(
        summary="One entry of the record, with its proof",
        description="Hash the leaf, follow the proof to the checkpoint's root, check the signature: no trust needed.",
        tags=[PUBLIC],
        responses={200: ProvedEntry, 404: Problem},
    )
    def get(self, request: Request, index: int) -> Response:
        entry = stored_log.entry_numbered(index)
        return Response(self.one(_with_proof(entry)))


def _with_proof(entry: LedgerEntry) -> LedgerEntry:
    """Put the proof, or the reason why there is none, beside the row for its serializer."""
    proof, unproved = None, None
    try:
        proof = stored_log.entry_proof(entry).text
    except Refused as refusal:
        unproved = {"reason": refusal.reason.value, "detail": refusal.message}
    entry.proof, entry.unproved = proof, unproved  # type: ignore[attr-defined]
    return entry
