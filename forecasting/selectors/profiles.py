"""How a city's export is read, and how long its reports take."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.core.profile_tables import ProfileError
from forecasting.core.profiles import Profile, read_profile
from governance.core.refusals import Reason, Refused

if TYPE_CHECKING:
    from governance.models import Jurisdiction

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


def profile_named(name: str) -> Profile:
    """Return a city's profile, or refuse and name those there are."""
    path = PROFILES / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in PROFILES.glob("*.toml") if each.stem != "template"))
        raise Refused(
            Reason.NOT_FOUND,
            f"There is no profile “{name}” (there are: {known}). "
            "Copy forecasting/profiles/template.toml and fill it in.",
        )
    try:
        return read_profile(tomllib.loads(path.read_text()))
    except (ProfileError, tomllib.TOMLDecodeError) as problem:
        raise Refused(Reason.BAD_INPUT, f"The profile {path.name} cannot be used: {problem}") from problem


def reporting_delay(jurisdiction: Jurisdiction) -> timedelta:
    """Return the city's typical time from an incident to its record."""
    return timedelta(hours=profile_named(jurisdiction.profile).times.typical_delay_hours)
