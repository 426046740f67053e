"""Which of audits' tables only grow."""

from django.conf import settings
from django.db import migrations

from governance.core.append_only import guard_table

APPEND_ONLY = [
    "audits_auditrun",
    "audits_groupcount",
    "audits_residenttable",
]


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_initial"), ("governance", "0002_guards")]
    operations = [
        migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
        for table in APPEND_ONLY
    ]
