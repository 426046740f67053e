"""Typed readers of the environment; a missing value says how to fix it.

The environment wins over `var/lamplight.env`, which `make services` writes.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


def _file_values() -> dict[str, str]:
    path = ROOT / "var" / "lamplight.env"
    if not path.exists():
        return {}
    values = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    if (
        "DATABASE_URL" in os.environ
    ):  # somebody else's server: none of the private one's addresses goes with it
        values = {name: value for name, value in values.items() if not name.startswith("DATABASE_")}
    return values


_VALUES = {**_file_values(), **os.environ}


def text(name: str, default: str | None = None) -> str:
    """Return the value of `name`, or `default`; without either, refuse to start and say what to do."""
    value = _VALUES.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Run `make services` once: it draws the secrets, starts the private database "
            f"and writes var/lamplight.env. Or set {name} in the environment."
        )
    return value


def choice(name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    """Return one of the allowed words, the first if none is set; anything else is refused rather than guessed."""
    value = text(name, default or allowed[0])
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(allowed)}, not {value!r}.")
    return value


def flag(name: str, *, default: str) -> bool:
    """Exactly `yes` or `no`."""
    return choice(name, ("yes", "no"), default) == "yes"


def words(name: str, default: str) -> list[str]:
    """Return a comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
