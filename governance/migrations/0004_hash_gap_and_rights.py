from django.conf import settings
from django.db import migrations

from governance.core.append_only import allow_only, guard_entries

ROLE = settings.DATABASE_APP_ROLE


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_publishing_the_log")]
    operations = [
        migrations.RunSQL(guard_entries("governance_ledgerentry"), migrations.RunSQL.noop),
        migrations.RunSQL(
            allow_only("governance_ledgerlock", ROLE, "SELECT", "UPDATE"), migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            allow_only("governance_ledgertext", ROLE, "SELECT", "INSERT", "DELETE"), migrations.RunSQL.noop
        ),
    ]
