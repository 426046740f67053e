"""From what a run rests on to the bytes that are sealed: the same whoever computes them, and whenever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecasting.core.fingerprint import digest, table_bytes
from forecasting.core.incidents import Incidents
from forecasting.core.layers import Layer
from forecasting.core.manifest import canonical_bytes, run_manifest
from forecasting.core.pipeline import Forecast, make_forecast, recipe_as_known, split_to_shifts
from forecasting.core.recipe import Recipe, recipe_from_dict
from forecasting.core.run_tables import cell_columns, share_columns, with_stability
from forecasting.core.stability import rank_stability
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import Window


@dataclass(frozen=True)
class Order:
    """What is to be computed. ``as_of``: what was known when, UTC seconds; ``flag_area``: CRS unit^2."""

    category: str
    recipe: Recipe
    window: Window
    as_of: int
    flag_area: float
    seed: int


@dataclass(frozen=True)
class Sealed:
    """A forecast with the bytes that are sealed; the manifest names the two tables by digest."""

    forecast: Forecast
    manifest: dict[str, Any]
    manifest_data: bytes
    cells_data: bytes
    shares_data: bytes


def seal(
    order: Order,
    incidents: Mapping[str, Incidents],
    city: City,
    layers: Mapping[str, Layer],
    sources: Mapping[str, Any],
) -> Sealed:
    """Compute a run and write it down.

    ``incidents`` by category, as the extract holds them; ``layers`` by name, as known at the extract's moment;
    ``sources`` are the manifest's words on where all of it comes from. Raises CannotForecast as ``make_forecast`` does.
    """
    known = recipe_as_known(order.recipe, order.window, order.as_of)
    surfaces = surfaces_for(incidents, city, known, order.category, layers)
    forecast = make_forecast(surfaces, city, known, order.window, flag_area=order.flag_area, seed=order.seed)
    stability = rank_stability(forecast, known, city.grid, order.flag_area, order.seed)
    shares = split_to_shifts(incidents[order.category], city, known, order.window)
    cells_data = table_bytes(with_stability(cell_columns(forecast, city.grid), stability))
    shares_data = table_bytes(share_columns(shares))
    named = {**sources, "cells": digest(cells_data), "shares": digest(shares_data)}
    manifest = run_manifest(named, city, order.recipe, forecast, order.flag_area, order.seed)
    return Sealed(forecast, manifest, canonical_bytes(manifest), cells_data, shares_data)


def order_in(manifest: Mapping[str, Any]) -> Order:
    """Return the order that a manifest was computed from. Raises CannotForecast (``bad_recipe``)."""
    return Order(
        category=manifest["category"],
        recipe=recipe_from_dict(manifest["recipe"]),
        window=Window(**manifest["window"]),
        as_of=int(datetime.fromisoformat(manifest["as_of"]).timestamp()),
        flag_area=manifest["flag_area"],
        seed=manifest["seed"],
    )
