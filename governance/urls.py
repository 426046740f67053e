"""Addresses of governance."""

from django.urls import path

from governance.views import inbox, log

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("record/", log.record, name="record"),
    path("record/<int:index>/", log.entry, name="record-entry"),
    path("log/checkpoint", log.checkpoint, name="log-checkpoint"),
    path("log/entries/<int:index>", log.entry_leaf, name="log-entry-leaf"),
    path("log/entries/<int:index>/proof", log.entry_proof, name="log-entry-proof"),
]
