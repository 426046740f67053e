"""The task queue, and the schedule: everything that happens by itself."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("lamplight")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
