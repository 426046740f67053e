#!/usr/bin/env python
"""Lamplight's command line."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one command. Migrations run as the tables' owner, everything else as the application's role."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["migrate"]:
        os.environ["LAMPLIGHT_DATABASE_ROLE"] = "owner"
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
