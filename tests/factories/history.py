"""Three years of made-up incidents in the small city of the tests, and extracts of them."""

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
from django.contrib.gis.geos import Point
from pyproj import Transformer

from forecasting.core.fingerprint import table_bytes
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.models import Batch, Extract, Incident, Recipe
from forecasting.services.adopt_recipe import adopt_recipe
from governance import clock
from governance.artifacts import store_artifact
from tests.cast import City

CATEGORY = "residential_burglary"
WINDOW = (datetime(2024, 6, 14, 10, tzinfo=UTC), datetime(2024, 6, 21, 10, tzinfo=UTC))
"""From Friday 06:00 in New York, an hour after the replay's clock stands; a week."""


def add_history(
    city: City,
    *,
    per_day: float = 3.0,
    until: datetime = WINDOW[1],
    days: int = 500,
    category: str = CATEGORY,
) -> Batch:
    """Ingest incidents around one hot corner of Central, known an hour after they happened."""
    rng = np.random.default_rng(11)
    size = int(days * per_day)
    longitude, latitude = rng.uniform(-75.199, -75.161, size), rng.uniform(40.001, 40.059, size)
    hot = rng.random(size) < 0.4
    longitude[hot], latitude[hot] = -75.18, 40.01
    ages = np.sort(rng.uniform(0, days * 86_400, size))
    return _store(city, longitude, latitude, ages, until=until, category=category, name=category)


def add_burst(
    city: City,
    size: int,
    *,
    until: datetime | None = None,
    days: float = 6.0,
    spread: float = 0.0005,
    delay_days: float = 0.0,
    category: str = CATEGORY,
) -> Batch:
    """Ingest a burst around one corner of North in the days before the replay's clock; `spread` in degrees."""
    rng = np.random.default_rng(12)
    end = until or clock.now(city.jurisdiction) - timedelta(hours=12)
    longitude, latitude = rng.normal(-75.17, spread, size), rng.normal(40.05, spread, size)
    ages = np.sort(rng.uniform(0, days * 86_400, size))
    return _store(
        city, longitude, latitude, ages, until=end, category=category, name=f"burst {end}", delay=delay_days
    )


def _store(
    city: City,
    longitude: FloatArray,
    latitude: FloatArray,
    ages: FloatArray,
    *,
    until: datetime,
    category: str,
    name: str,
    delay: float = 0.0,
) -> Batch:
    """Keep incidents of these ages in seconds as one batch, known an hour after they were reported."""
    size, later = len(ages), timedelta(days=delay)
    x, y = Transformer.from_crs(4326, city.jurisdiction.srid, always_xy=True).transform(longitude, latitude)
    batch = Batch.objects.create(
        jurisdiction=city.jurisdiction, profile="demo", filename=f"{name}.csv"[:200],
        digest=hashlib.sha256(name.encode()).hexdigest(),
        rows=size, accepted=size, corrections=0, unchanged=0, refused=0,
    )  # fmt: skip
    Incident.objects.bulk_create(
        Incident(
            jurisdiction=city.jurisdiction,
            batch=batch,
            external_id_hash=number.to_bytes(16, "big"),
            category=category,
            occurred_from=until - timedelta(seconds=int(age)),
            occurred_to=until - timedelta(seconds=int(age)),
            reported_at=until - timedelta(seconds=int(age)) + later,
            known_at=until - timedelta(seconds=int(age)) + later + timedelta(hours=1),
            x=round(x[number] * 10),
            y=round(y[number] * 10),
            point=Point(longitude[number], latitude[number], srid=4326),
            district=city.central,
            geocode_quality="exact",
            found_by="reported",
        )
        for number, age in enumerate(ages)
    )
    return batch


def add_recipe(city: City, *, model: str = "blend") -> Recipe:
    """Adopt a recipe that the jurisdiction agreed to when it was set up."""
    recipe = standard_recipe(model, (CATEGORY, "robbery"), cell_metres=150.0)
    city.jurisdiction.genesis = {"recipe": [recipe_digest(recipe)]}
    city.jurisdiction.save()
    return adopt_recipe(
        jurisdiction=city.jurisdiction, name="Log-linear blend", recipe=recipe, by=city.scheduler
    )


def add_extract(city: City, as_of: datetime) -> Extract:
    """Store what was known at a moment as an extract, without the service that seals."""
    rows = Incident.objects.filter(jurisdiction=city.jurisdiction, known_at__lte=as_of)
    rows = rows.order_by("category", "occurred_from", "occurred_to", "x", "y")
    data = table_bytes(
        {
            "x": np.array([row.x for row in rows], dtype=np.int32),
            "y": np.array([row.y for row in rows], dtype=np.int32),
            "occurred_from": np.array([int(row.occurred_from.timestamp()) for row in rows], dtype=np.int64),
            "occurred_to": np.array([int(row.occurred_to.timestamp()) for row in rows], dtype=np.int64),
            "category": np.array([row.category for row in rows], dtype=object),
        }
    )
    return Extract.objects.create(
        jurisdiction=city.jurisdiction,
        as_of=as_of,
        categories=[CATEGORY, "robbery"],
        digest=store_artifact(data, "application/vnd.apache.parquet", name="extract").digest,
        rows=len(rows),
    )
