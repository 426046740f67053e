"""Rules: pure functions and frozen values, no Django."""
