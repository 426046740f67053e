"""Addresses of governance."""

from django.urls import path

from governance.api import break_glass as glass_api
from governance.api import delegations as delegations_api
from governance.api import holds as holds_api
from governance.api import notices as notices_api
from governance.api import policies as policies_api
from governance.api import record as record_api
from governance.api import requests as requests_api
from governance.views import (
    access,
    complaint_desk,
    complaints,
    decisions,
    delegations,
    holds,
    inbox,
    log,
    notices,
    policy,
    public_policy,
    training,
)

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("requests/<int:request_id>/", decisions.request_page, name="request"),
    path("requests/<int:request_id>/decide", decisions.decide_request, name="request-decide"),
    path("holds/", holds.holds, name="holds"),
    path("holds/place", holds.place, name="hold-place"),
    path("holds/<int:number>/", holds.hold, name="hold"),
    path("holds/<int:number>/lift", holds.ask_lift, name="hold-lift"),
    path("public/<slug:slug>/complain/", complaints.complain, name="complain"),
    path("complaints/", complaint_desk.desk, name="complaints"),
    path("complaints/<int:number>/", complaint_desk.one, name="complaint"),
    path("complaints/<int:number>/take", complaint_desk.take, name="complaint-take"),
    path("complaints/<int:number>/answer", complaint_desk.answer, name="complaint-answer"),
    path("complaints/<str:secret>/", complaints.follow, name="complaint-follow"),
    path("complaints/<str:secret>/withdraw", complaints.withdraw, name="complaint-withdraw"),
    path("roles/", access.roles, name="roles"),
    path("training/", training.training, name="training"),
    path("access/", access.access, name="access"),
    path("access/review.csv", access.access_csv, name="access-csv"),
    path("access/accounts", access.make_account, name="access-account"),
    path("access/accounts/<int:account_id>/close", access.close_account, name="access-close"),
    path("access/roles", access.give_or_ask, name="access-give"),
    path("access/roles/<int:grant_id>/revoke", access.end_role, name="access-revoke"),
    path("access/requests/<int:request_id>/", access.role_request, name="role-request"),
    path("access/requests/<int:request_id>/decide", access.decide_role, name="role-decide"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("delegations/lend", delegations.lend, name="delegation-lend"),
    path("delegations/<int:delegation_id>/end", delegations.end, name="delegation-end"),
    path("policy/", policy.policy, name="policy"),
    path("policy/propose/", policy.propose, name="policy-propose"),
    path("policy/requests/<int:request_id>/", policy.policy_request, name="policy-request"),
    path("policy/requests/<int:request_id>/decide", policy.decide, name="policy-decide"),
    path("policy/requests/<int:request_id>/answer", policy.answer, name="policy-answer"),
    path("policy/requests/<int:request_id>/edit", policy.edit, name="policy-edit"),
    path("public/<slug:slug>/policy/", public_policy.public_policy, name="portal-policy"),
    path("public/<slug:slug>/policy/<int:request_id>/comment", public_policy.comment, name="portal-comment"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read", notices.read, name="notices-read"),
    path("notices/choose", notices.choose, name="notices-choose"),
    path("notices/mail/", notices.mail_status, name="mail"),
    path("notices/mail/<int:number>/again", notices.try_again, name="mail-retry"),
    path("notices/<int:number>/", notices.notice, name="notice"),
    path("record/", log.record, name="record"),
    path("record/check/", log.check, name="record-check"),
    path("record/<int:index>/", log.entry, name="record-entry"),
    path("log/", log.folder, name="log"),
    path("log/checkpoint", log.checkpoint, name="log-checkpoint"),
    path("log/tile/<path:rest>", log.tile, name="log-tile"),
    path("log/policy", log.policy, name="log-policy"),
    path("log/verify_lamplight.py", log.verifier, name="log-verifier"),
    path("log/entries/<int:index>", log.entry_leaf, name="log-entry-leaf"),
    path("log/entries/<int:index>/proof", log.entry_proof, name="log-entry-proof"),
    path("api/v1/checkpoint", record_api.NewestCheckpoint.as_view(), name="api-checkpoint"),
    path("api/v1/log-status", record_api.LogStatus.as_view(), name="api-log-status"),
    path("api/v1/record", record_api.Entries.as_view(), name="api-record"),
    path("api/v1/record/<int:index>", record_api.Entry.as_view(), name="api-record-entry"),
    path("api/v1/policies", policies_api.Policies.as_view(), name="api-policies"),
    path("api/v1/policy-drafts", policies_api.Drafts.as_view(), name="api-policy-drafts"),
    path("api/v1/comments", policies_api.Comments.as_view(), name="api-comments"),
    path("api/v1/holds", holds_api.Holds.as_view(), name="api-holds"),
    path("api/v1/holds/<int:number>", holds_api.OneHold.as_view(), name="api-hold"),
    path("api/v1/holds/<int:number>/lift-requests", holds_api.Lifts.as_view(), name="api-hold-lifts"),
    path("api/v1/public-holds", holds_api.PublicHolds.as_view(), name="api-public-holds"),
    path("api/v1/notices", notices_api.Notices.as_view(), name="api-notices"),
    path("api/v1/notices/<int:number>/read", notices_api.ReadNotice.as_view(), name="api-notice-read"),
    path("api/v1/inbox", requests_api.Inbox.as_view(), name="api-inbox"),
    path("api/v1/change-requests", requests_api.ChangeRequests.as_view(), name="api-requests"),
    path(
        "api/v1/change-requests/<int:request_id>", requests_api.OneChangeRequest.as_view(), name="api-request"
    ),
    path("api/v1/change-requests/<int:request_id>/votes", requests_api.Votes.as_view(), name="api-votes"),
    path("api/v1/change-requests/<int:request_id>/acts", requests_api.Acts.as_view(), name="api-acts"),
    path(
        "api/v1/change-requests/<int:request_id>/break-glass", requests_api.Glass.as_view(), name="api-glass"
    ),
    path("api/v1/public-break-glass", glass_api.PublicGlass.as_view(), name="api-public-glass"),
    path("api/v1/delegations", delegations_api.Delegations.as_view(), name="api-delegations"),
    path(
        "api/v1/delegations/<int:delegation_id>",
        delegations_api.OneDelegation.as_view(),
        name="api-delegation",
    ),
]
