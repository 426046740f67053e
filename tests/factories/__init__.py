"""Rows that tests start from, made without running the whole cycle."""
