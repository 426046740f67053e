"""What a sealed run was computed from and what came out: enough to compute it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import rfc8785

from forecasting.core.fingerprint import round_significant
from forecasting.core.grid import Grid
from forecasting.core.intervals import Dispersion, set_interval
from forecasting.core.pipeline import Forecast
from forecasting.core.recipe import Recipe
from forecasting.core.training import City, Training
from forecasting.core.windows import ShiftHours, shift_slots

VERSION = 1


def run_manifest(
    sources: Mapping[str, Any], city: City, recipe: Recipe, forecast: Forecast, flag_area: float, seed: int
) -> dict[str, Any]:
    """Return the manifest of one run as plain data, fit for canonical JSON.

    ``sources`` names what came from outside (jurisdiction, category, as_of, digests of extract, recipe and
    geography, policy version, digests of the tables); its keys stand beside the engine's own.
    """
    low, high = set_interval(
        forecast.expected, city.grid.district, forecast.training.dispersion, recipe.interval_level
    )
    return {
        "v": VERSION,
        **sources,
        "recipe": recipe.to_dict(),
        "window": {"start": forecast.window.start, "end": forecast.window.end},
        "grid": _grid(city.grid),
        "unit_metres": city.unit_metres,
        "timezone": city.timezone,
        "shifts": [_shift(shift) for shift in city.shifts],
        "slots": [asdict(slot) for slot in shift_slots(forecast.window, city.timezone, city.shifts)],
        "flag_area": flag_area,
        "seed": seed,
        "training": _training(forecast.training, recipe),
        "tested_terms": forecast.notes,
        "dispersion": asdict(forecast.training.dispersion),
        "base": forecast.base,
        "total": forecast.total,
        "total_low": low,
        "total_high": high,
        "incidents_outside_grid": forecast.outside,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return {"cell": grid.cell, "origin": [grid.origin_x, grid.origin_y], "cells": len(grid)}


def _shift(shift: ShiftHours) -> dict[str, Any]:
    return {"name": shift.name, "start_hour": shift.start_hour, "end_hour": shift.end_hour}


def _training(training: Training, recipe: Recipe) -> dict[str, Any]:
    slopes = round_significant(training.coefficients.slopes).tolist()
    return {
        "slopes": {term.name: slope for term, slope in zip(recipe.terms, slopes, strict=True)},
        "daily_rate": float(f"{training.daily_rate:.6g}"),
        "windows": training.windows,
        "incidents": training.incidents,
    }


def read_dispersion(manifest: Mapping[str, Any]) -> Dispersion:
    """Return the dispersion a run was sealed with."""
    return Dispersion(**manifest["dispersion"])


def seed_for(*parts: str) -> int:
    """Return the seed that belongs to these words: 48 bits of their SHA-256, the same on every worker."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:6], "big")


def canonical_bytes(data: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON (RFC 8785) of plain data; the SHA-256 of a manifest's names its run."""
    return rfc8785.dumps(dict(data))


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them."""
    return ", ".join(word.replace("_", " ") for word in words)
