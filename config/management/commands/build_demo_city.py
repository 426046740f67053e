"""manage.py build_demo_city: Rivermark, its past, and the weeks before tonight."""

from __future__ import annotations

import io
import json
import secrets
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.core.management.base import BaseCommand
from django.db import transaction

from audits.core.demo_city import settle as settle_residents
from audits.core.groups import EVERYBODY
from audits.services.import_residents import import_residents
from audits.tasks import audit_pending
from config.cycle import Say, run_cycle, step_replay, timed
from config.demo_script import complete_training_of_all, decide_all, shorten_some
from forecasting.core.demo_city import DEMO_NAME, DEMO_ZONE, DemoCity, Size, make_demo_city
from forecasting.core.demo_geography import NamedShape, on_globe
from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.selectors.profiles import profile_named
from forecasting.selectors.runs import latest_window_start
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.ingest_batch import ingest_batch
from governance import clock
from governance.core.roles import Role
from governance.selectors import jurisdictions, scheduler_account
from governance.services.add_jurisdiction import FirstRole, Outline, Place, add_jurisdiction
from governance.services.advance_clock import advance_clock
from governance.services.import_areas import NamedShape as Area
from governance.services.import_areas import import_areas

if TYPE_CHECKING:
    from governance.models import Jurisdiction

SLUG = "rivermark"
SEED = 20240614
TONIGHT = datetime(
    2024, 6, 14, 5, 0, tzinfo=ZoneInfo(DEMO_ZONE)
)  # a Friday; its plans are decided in the afternoon
WEEKS_BEFORE = 4
AFTERNOON = timedelta(hours=11, minutes=40)  # from the issue at 05:00 to the decision at 16:40
WEEKS_AFTER = 8
YEARS = 3
CATEGORIES = ("residential_burglary", "theft_from_vehicle", "motor_vehicle_theft", "robbery", "vandalism")
POLICY: dict[str, Any] = {
    "plan_categories": ["residential_burglary"],
    "allowed_categories": list(CATEGORIES),
    "publication_delay_hours": 6,
    "approval_hours": 24,
    "recipe_days": 366,
    "comment_days": 5,  # inside the visitor's step of a week: she proposes, the public comments, the board votes
    "objectives": [
        "Fewer residents harmed by burglary and theft, by prevention before enforcement.",
        "No part of the city is watched more than what residents report there justifies.",
    ],
}
STAFF = (
    ("ana", "Ana Ortiz", Role.ANALYST),
    ("chloe", "Chloe Baker", Role.BOARD_MEMBER),
    ("nora", "Nora Hill", Role.BOARD_CHAIR),
    ("dev", "Dev Rao", Role.AUDITOR),
    ("pia", "Pia Lund", Role.PRIVACY_OFFICER),
    ("sam", "Sam Cole", Role.DATA_STEWARD),
    ("amir", "Amir Said", Role.ADMINISTRATOR),
)
SUPERVISORS = (
    "Ben Ford",
    "Bea Stone",
    "Carl Wood",
    "Dana Reed",
    "Ella Marsh",
    "Finn Gray",
    "Gita Lake",
    "Hugo Field",
)


class Command(BaseCommand):
    """Build the demo city once; when it is there, say so and change nothing."""

    help = "Make the seeded demo city, ingest its past, and let the weeks before tonight be decided by the script."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=WEEKS_BEFORE, help="scripted weeks before tonight")
        parser.add_argument("--incidents", type=int, default=150_000, help="about how many incidents to draw")
        parser.add_argument("--areas", type=int, default=60)

    def handle(self, *_: Any, **options: Any) -> None:
        """Build step by step."""
        there = next((each for each in jurisdictions() if each.slug == SLUG), None)
        if there is None:
            build(
                Path(settings.BASE_DIR) / "var" / "demo",
                weeks=options["weeks"],
                incidents=options["incidents"],
                areas=options["areas"],
                say=self.stdout.write,
            )
        elif weeks_left(there):
            self.stdout.write(
                f"{DEMO_NAME} is there, but its weeks before tonight were interrupted; they go on."
            )
            live_through(there, say=self.stdout.write)
        else:
            self.stdout.write(f"{DEMO_NAME} is there already; nothing was built.")


def build(folder: Path, *, weeks: int, incidents: int, areas: int, say: Say) -> None:
    """Make the city and its history; the accounts' passwords go into a file only its owner may read."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(SEED)
    size = Size(
        start=(TONIGHT - timedelta(weeks=weeks, days=365 * YEARS)).date(),
        areas=areas,
        days=365 * YEARS + 7 * (weeks + WEEKS_AFTER),
        incidents=incidents,
    )
    started = time.monotonic()
    city = make_demo_city(size, generator)
    say(f"  {'city drawn, incidents':<28} {len(city.incidents):>10}   {time.monotonic() - started:5.1f} s")
    accounts = folder / "accounts.json"
    # Set up whole or not at all: a build that was interrupted here starts from nothing the next time.
    with transaction.atomic():
        jurisdiction = _set_up(city, weeks, accounts)
        timed(say, "areas and streets", lambda: _geography(jurisdiction, city))
        timed(say, "incidents ingested", lambda: _incidents(jurisdiction, city, folder / "incidents.csv"))
        timed(say, "residents imported", lambda: _residents(jurisdiction, city, generator))
    live_through(jurisdiction, say=say)


def weeks_left(jurisdiction: Jurisdiction) -> int:
    """Return how many windows are still to be forecast until the one that tonight belongs to."""
    latest = latest_window_start(jurisdiction) or clock.now(jurisdiction) - timedelta(days=6)
    return max(0, round((TONIGHT - latest) / timedelta(weeks=1)))


def live_through(jurisdiction: Jurisdiction, *, say: Say) -> None:
    """Live from where the city stands to tonight; the script decides what waits on the way.

    What stands is read from the rows, so a build that was interrupted goes on where it was.
    """
    by = scheduler_account()
    if latest_window_start(jurisdiction) is None:
        afternoon = clock.now(jurisdiction) + AFTERNOON
        run_cycle(jurisdiction, say=say, scripted=weeks_left(jurisdiction) > 1)
        advance_clock(jurisdiction=jurisdiction, to=afternoon, by=by)
    while left := weeks_left(jurisdiction):
        say(f" {left} week{'s' if left > 1 else ''} before tonight, decided by the script")
        timed(say, "plans edited", partial(shorten_some, jurisdiction, week=left))
        timed(say, "plans audited", audit_pending)
        timed(say, "plans decided", partial(decide_all, jurisdiction, week=left))
        step_replay(jurisdiction, by=by, say=say, scripted=left > 1)


def _set_up(city: DemoCity, weeks: int, accounts: Path) -> Jurisdiction:
    profile, by = profile_named("demo"), scheduler_account()
    recipe = standard_recipe(
        "blend", CATEGORIES, cell_metres=150.0, reporting_delay_days=profile.times.typical_delay_hours / 24
    )
    people = _people(city)
    jurisdiction = add_jurisdiction(
        place=Place(
            slug=SLUG,
            name=DEMO_NAME,
            profile="demo",
            srid=profile.place.work_srid,
            unit_metres=profile.place.unit_metres,
            timezone=DEMO_ZONE,
            replay_to=TONIGHT - timedelta(weeks=weeks),
        ),
        districts=[Outline(each.code, each.name, on_globe_of(each)) for each in city.geography.districts],
        policy=POLICY,
        recipe_digests=[recipe_digest(recipe)],
        people=people,
        by=by,
    )
    complete_training_of_all(jurisdiction)
    adopt_recipe(jurisdiction=jurisdiction, name="Log-linear blend", recipe=recipe, by=by)
    accounts.touch(mode=0o600)
    accounts.write_text(json.dumps([_account(each, city) for each in people], indent=1))
    return jurisdiction


def _people(city: DemoCity) -> list[FirstRole]:
    staff = [FirstRole(f"{mail}@rivermark.invalid", name, role) for mail, name, role in STAFF]
    supervisors = [
        FirstRole(f"{name.split()[0].lower()}@rivermark.invalid", name, Role.SUPERVISOR, district.code)
        for name, district in zip(SUPERVISORS, _central_first(city), strict=False)
    ]
    return [
        FirstRole(each.email, each.name, each.role, each.district, secrets.token_urlsafe(9))
        for each in [*supervisors, *staff]
    ]


def _central_first(city: DemoCity) -> list[NamedShape]:
    return sorted(city.geography.districts, key=lambda each: (each.name != "Central", each.code))


def _account(person: FirstRole, city: DemoCity) -> dict[str, str]:
    names = {each.code: each.name for each in city.geography.districts}
    return {
        "role": person.role.value,
        "district": names.get(person.district, ""),
        "email": person.email,
        "name": person.name,
        "password": person.password or "",
    }


def on_globe_of(shape: NamedShape) -> GEOSGeometry:
    """Return a demo shape in longitude and latitude."""
    return GEOSGeometry(memoryview(shapely.to_wkb(on_globe(shape.shape))), srid=4326)


def _geography(jurisdiction: Jurisdiction, city: DemoCity) -> int:
    count, digest = 0, format(SEED, "064x")
    for kind, shapes in (("area", city.geography.areas), ("street", city.geography.streets)):
        rows = [Area(each.code, each.name, on_globe_of(each)) for each in shapes]
        count += import_areas(
            jurisdiction=jurisdiction, kind=kind, shapes=rows, digest=digest, by=scheduler_account()
        )
    return count


def _incidents(jurisdiction: Jurisdiction, city: DemoCity, path: Path) -> int:
    city.incidents.write_csv(path)
    return ingest_batch(jurisdiction=jurisdiction, path=path, by=scheduler_account()).accepted


def _residents(jurisdiction: Jurisdiction, city: DemoCity, generator: np.random.Generator) -> int:
    areas = city.geography.areas
    centres = np.array([(area.shape.centroid.x, area.shape.centroid.y) for area in areas])
    surface = np.array([area.shape.area for area in areas])
    table = settle_residents([area.code for area in areas], centres, surface, generator)
    columns: dict[str, Any] = {"area": list(table.areas), EVERYBODY: table.residents.astype(int).tolist()}
    for number, group in enumerate(table.groups):
        columns[group] = table.counts[:, number].astype(int).tolist()
    frame = pl.DataFrame(columns)
    buffer = io.BytesIO()
    frame.write_csv(buffer)
    imported = import_residents(
        jurisdiction=jurisdiction, filename="residents.csv", data=buffer.getvalue(), by=scheduler_account()
    )
    return imported.residents
