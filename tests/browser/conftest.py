"""These tests run on the real PostGIS."""

from tests.database import (
    artifacts_apart,
    city,
    demo,
    demo_template,
    django_db_setup,
    fresh_database,
    real_clock_city,
)

__all__ = [
    "artifacts_apart",
    "city",
    "demo",
    "demo_template",
    "django_db_setup",
    "fresh_database",
    "real_clock_city",
]
