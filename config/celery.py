"""The task queue, and the schedule: everything that happens by itself, in the order in which one follows another."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("lamplight")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

MINUTE = 60.0
SCHEDULE = (
    ("forecasting.tasks.forecasts.issue_due", 10 * MINUTE),
    ("forecasting.tasks.plans.propose_due", 10 * MINUTE),
    ("audits.tasks.audit_pending", MINUTE),
    ("governance.tasks.lift_approved", MINUTE),
    ("governance.tasks.close_reviews", MINUTE),
    ("forecasting.tasks.plans.execute_approved", MINUTE),
    ("forecasting.tasks.recipes.evaluate_drafts", MINUTE),
    ("forecasting.tasks.recipes.adopt_approved_recipes", MINUTE),
    ("governance.tasks.adopt_policies", MINUTE),
    ("governance.tasks.apply_role_grants", MINUTE),
    ("governance.tasks.expire_requests", MINUTE),
    ("governance.tasks.tell_waiting", MINUTE),
    ("governance.tasks.send_notices", MINUTE),
    ("forecasting.tasks.plans.close_due", 10 * MINUTE),
    ("forecasting.tasks.forecasts.score_due", 10 * MINUTE),
    ("forecasting.tasks.watching.check_drift_due", 10 * MINUTE),
    ("forecasting.tasks.watching.look_for_findings_due", 10 * MINUTE),
    ("public_portal.tasks.publish_due", 10 * MINUTE),
    ("governance.tasks.recover_agreed", MINUTE),
    ("governance.tasks.publish_log", MINUTE / 2),
    ("governance.tasks.verify_record", 60 * MINUTE),
    ("governance.tasks.forget_contacts", 60 * MINUTE),
    ("governance.tasks.forget_notices", 60 * MINUTE),
)
app.conf.beat_schedule = {task: {"task": task, "schedule": seconds} for task, seconds in SCHEDULE}
