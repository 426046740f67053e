"""manage.py add_jurisdiction: set up a city, with its first policy, recipe and people."""

import json
import secrets
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import GEOSGeometry
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from forecasting.core.profiles import Profile
from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.selectors.profiles import profile_named
from forecasting.services.adopt_recipe import adopt_recipe
from governance.core.refusals import Refused
from governance.core.roles import ROLES, Role
from governance.core.shapes import ShapesError, read_shapes
from governance.selectors import scheduler_account
from governance.services.add_jurisdiction import FirstRole, Outline, Place, add_jurisdiction

FIRST_CHOICES = ("residential_burglary", "burglary", "motor_vehicle_theft", "theft_from_vehicle")


class Command(BaseCommand):
    """Set up a jurisdiction; every later change of what is written here needs votes."""

    help = "Set up a jurisdiction: districts, clock, first policy, first recipe, first people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name, as in web addresses")
        parser.add_argument("--profile", required=True, help="a file of forecasting/profiles, without .toml")
        parser.add_argument("--districts", type=Path, required=True, help="GeoJSON polygons in WGS84")
        parser.add_argument("--name", help="as people write it (default: from the slug)")
        parser.add_argument(
            "--code-field", default="", help="property with each district's code (guessed by default)"
        )
        parser.add_argument(
            "--name-field", default="", help="property with each district's name (guessed by default)"
        )
        parser.add_argument(
            "--replay-to", help="date (and time) of a replay's clock, local, like 2023-12-01 or …T16:40"
        )
        parser.add_argument(
            "--policy", type=Path, help="JSON of the first policy's terms (see governance/core/policy.py)"
        )
        parser.add_argument("--cell", type=float, default=152.0, help="side of a cell in metres")
        parser.add_argument(
            "--person",
            action="append",
            default=[],
            metavar="EMAIL:ROLE[:DISTRICT]",
            help="an account with a role from the first day; repeat it. Passwords are drawn and printed once",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Set up and say what there is now."""
        try:
            with transaction.atomic():
                self.set_up(options)
        except (Refused, ShapesError, OSError, ValueError) as problem:
            raise CommandError(str(problem)) from problem

    def set_up(self, options: dict[str, Any]) -> None:
        """Create the jurisdiction and adopt its recipe, in one transaction."""
        profile, by = profile_named(options["profile"]), scheduler_account()
        shapes = read_shapes(
            options["districts"].read_bytes(),
            code_field=options["code_field"],
            name_field=options["name_field"],
            prefix="District",
        )
        policy = json.loads(options["policy"].read_text()) if options["policy"] else first_policy(profile)
        recipe = standard_recipe(
            "blend",
            tuple(policy["allowed_categories"]),
            cell_metres=options["cell"],
            reporting_delay_days=profile.times.typical_delay_hours / 24,
        )
        people = [self.person(each) for each in options["person"]]
        jurisdiction = add_jurisdiction(
            place=Place(
                slug=options["slug"],
                name=options["name"] or options["slug"].replace("-", " ").title(),
                profile=options["profile"],
                srid=profile.place.work_srid,
                unit_metres=profile.place.unit_metres,
                timezone=profile.times.zone,
                replay_to=moment(options["replay_to"], profile.times.zone),
            ),
            districts=[Outline(each.code, each.name, GEOSGeometry(each.geometry)) for each in shapes],
            policy=policy,
            recipe_digests=[recipe_digest(recipe)],
            people=people,
            by=by,
        )
        adopt_recipe(jurisdiction=jurisdiction, name="Log-linear blend", recipe=recipe, by=by)
        self.stdout.write(
            f"{jurisdiction.name}: {len(shapes)} districts, plans about {', '.join(policy['plan_categories'])}. "
            "The genesis is in the record; later changes need votes."
        )
        for each in people:
            self.stdout.write(f"  {ROLES[each.role].title}: {each.email}  password {each.password}")

    def person(self, written: str) -> FirstRole:
        """Read one --person; a password is drawn for it."""
        email, _, rest = written.partition(":")
        role, _, district = rest.partition(":")
        if "@" not in email or role not in list(Role) or role == Role.SERVICE:
            raise CommandError(
                f"--person {written}: write EMAIL:ROLE[:DISTRICT]; roles: {', '.join(sorted(Role))}."
            )
        return FirstRole(email, email.split("@")[0], Role(role), district, secrets.token_urlsafe(12))


def first_policy(profile: Profile) -> dict[str, Any]:
    """Return the terms a new city starts with: every reported category may be forecast, one is planned for."""
    found = {profile.categories.by_source[source] for source in profile.categories.police_discovered}
    kinds = sorted({kind for kind in profile.categories.by_source.values() if kind not in found | {"other"}})
    planned = next((kind for kind in FIRST_CHOICES if kind in kinds), kinds[0])
    policy: dict[str, Any] = {"plan_categories": [planned], "allowed_categories": kinds}
    if profile.times.whole_days:  # nobody knows the hour of anything, so a day is not cut into shifts
        policy |= {"shifts": [{"name": "day", "start_hour": 0, "end_hour": 0}], "plan_shifts": ["day"]}
    return policy


def moment(written: str | None, zone: str) -> datetime | None:
    """Read a local date or date and time; None when there is none."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)) if written else None
