"""Start one of the programs beside this file with Django ready.

python -m tests.journeys.faults.run NAME [WORD ...]
"""

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    import_module(f"tests.journeys.faults.{sys.argv[1]}").main(*sys.argv[2:])
