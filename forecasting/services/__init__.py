"""Deeds: one module per use case."""
