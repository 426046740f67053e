"""Typed readers of the environment; a missing value says how to fix it.

The environment wins over `var/lamplight.env`, which `make services` writes.
"""

import os
from dataclasses import dataclass
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


def whole_number(name: str, default: str) -> int:
    """Return a number without sign or fraction."""
    value = text(name, default)
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number such as {default}, not {value!r}.")
    return int(value)


@dataclass(frozen=True)
class Mail:
    """The mail server that notices are handed to; without a host nothing is sent."""

    host: str
    port: int
    security: str  # starttls, tls or none
    user: str
    password: str
    sender: str
    site: str  # address of the site, for links


def mail() -> Mail:
    """Return the mail server's settings; one that is named needs a sender and the site's address."""
    host = text("LAMPLIGHT_MAIL_HOST", "")
    security = choice("LAMPLIGHT_MAIL_SECURITY", ("starttls", "tls", "none"))
    password = text("LAMPLIGHT_MAIL_PASSWORD", "")
    if password and security == "none":
        raise ImproperlyConfigured(
            "LAMPLIGHT_MAIL_PASSWORD would travel in the clear. Set LAMPLIGHT_MAIL_SECURITY to starttls or tls."
        )
    return Mail(
        host=host,
        port=whole_number("LAMPLIGHT_MAIL_PORT", "587"),
        security=security,
        user=text("LAMPLIGHT_MAIL_USER", ""),
        password=password,
        sender=_with_mail("LAMPLIGHT_MAIL_FROM", host, "lamplight@city.example"),
        site=_with_mail("LAMPLIGHT_SITE_URL", host, "https://lamplight.city.example").rstrip("/"),
    )


def _with_mail(name: str, host: str, example: str) -> str:
    value = text(name, "")
    if host and not value:
        raise ImproperlyConfigured(
            f"LAMPLIGHT_MAIL_HOST is set, so e-mails are sent; they need {name} too. Set it, for example to "
            f"{example}, or remove LAMPLIGHT_MAIL_HOST: notices then stay in the application."
        )
    return value
