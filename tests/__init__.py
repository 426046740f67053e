"""Tests, from the rules without Django to journeys in a browser."""
