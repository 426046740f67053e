"""Which of the portal's tables only grow."""

from django.conf import settings
from django.db import migrations

from governance.core.append_only import guard_table

APPEND_ONLY = [
    "public_portal_publishedtable",
    "public_portal_release",
    "public_portal_report",
]


class Migration(migrations.Migration):
    dependencies = [("public_portal", "0001_initial"), ("governance", "0002_guards")]
    operations = [
        migrations.RunSQL(guard_table(table, settings.DATABASE_APP_ROLE), migrations.RunSQL.noop)
        for table in APPEND_ONLY
    ]
