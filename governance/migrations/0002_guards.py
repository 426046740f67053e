"""The database as first guard: what the application's role may do, and which tables only grow."""

from django.conf import settings
from django.db import migrations

from governance.core.append_only import grant_application, guard_table

ROLE = settings.DATABASE_APP_ROLE
APPEND_ONLY = [
    "governance_artifact",
    "governance_checkpoint",
    "governance_evidence",
    "governance_ledgerentry",
    "governance_policy",
    "governance_vote",
]


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0001_initial"),
        ("sessions", "0001_initial"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
    ]
    operations = [
        migrations.RunSQL(grant_application(ROLE), migrations.RunSQL.noop),
        *[migrations.RunSQL(guard_table(table, ROLE), migrations.RunSQL.noop) for table in APPEND_ONLY],
        migrations.RunSQL("INSERT INTO governance_ledgerlock (id) VALUES (1)", migrations.RunSQL.noop),
    ]
