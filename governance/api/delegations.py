"""Delegations as data: what I lent and was lent, a new one, and the end of one."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction, person, slug_named
from governance.core.roles import Permission, Role
from governance.models import Delegation
from governance.permissions import check_signed_in_lately
from governance.selectors import account, delegation_exists, delegations_of, district_coded
from governance.services.delegate_role import delegate_role
from governance.services.revoke_delegation import revoke_delegation


class DelegationRow(serializers.ModelSerializer[Delegation]):
    """A role lent for a time."""

    giver = serializers.CharField(source="giver.pseudonym")
    taker = serializers.CharField(source="taker.pseudonym")
    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    district = serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True)
    reason = serializers.CharField()

    class Meta:
        model = Delegation
        fields = (
            "id",
            "giver",
            "taker",
            "role",
            "jurisdiction",
            "district",
            "given_at",
            "until",
            "revoked_at",
            "reason",
            "ledger_index",
        )


class NewDelegation(serializers.Serializer[Any]):
    """A role to be lent, as it is sent."""

    taker = serializers.EmailField(help_text="The address with which the other person signs in.")
    role = serializers.CharField(max_length=20, help_text="A role of one’s own, such as `supervisor`.")
    jurisdiction = serializers.CharField(max_length=50)
    district = serializers.CharField(
        max_length=40, allow_blank=True, default="", help_text="The district of the role, if it has one."
    )
    until = serializers.DateTimeField(help_text="By the jurisdiction’s clock, at most 31 days ahead.")
    reason = serializers.CharField(allow_blank=True)


class Delegations(RoleEndpoint):
    """What I lent and was lent."""

    permission_classes = (IsAuthenticated,)
    serializer_class = DelegationRow

    @extend_schema(
        summary="Roles that I lent or was lent",
        description="Newest first, those that have ended too. Needs `see_record`, which every role has.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: DelegationRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_RECORD)
        return self.page(delegations_of(person(request), here) if here else [])

    @extend_schema(
        summary="Lend a role for a time",
        description="The taker acts in the account’s place and counts with it as one person. Refused: 403 a role that "
        "is not one’s own, or a sign-in more than five minutes ago, 422 a taker who may not take it, "
        "too long a time, too little reason.",
        tags=[BY_ROLE],
        request=NewDelegation,
        responses={201: DelegationRow, **REFUSALS, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        check_signed_in_lately(request._request)
        sent = NewDelegation(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        if said["role"] not in list(Role):
            raise Http404("There is no such role.")
        here = slug_named(said["jurisdiction"])
        made = delegate_role(
            taker=account(said["taker"]),
            role=Role(said["role"]),
            jurisdiction=here,
            district=district_coded(here, said["district"]) if said["district"] else None,
            until=said["until"],
            reason=said["reason"],
            by=person(request),
        )
        return Response(self.one(made), status=201)


class OneDelegation(RoleEndpoint):
    """One delegation."""

    permission_classes = (IsAuthenticated,)
    serializer_class = DelegationRow

    @extend_schema(
        summary="End a delegation",
        description="Its giver or its taker ends it at once; ended already, nothing changes. Needs a sign-in of the "
        "last five minutes.",
        tags=[BY_ROLE],
        responses={200: DelegationRow, **REFUSALS},
    )
    def delete(self, request: Request, delegation_id: int) -> Response:
        check_signed_in_lately(request._request)
        if not delegation_exists(delegation_id):
            raise Http404("There is no such delegation.")
        return Response(self.one(revoke_delegation(delegation_id=delegation_id, by=person(request))))
