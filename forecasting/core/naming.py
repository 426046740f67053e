"""What a place is called: after the nearest street and its area, never after an incident."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from forecasting.core.incidents import FloatArray

Named = Sequence[tuple[str, BaseGeometry]]


def name_places(x: FloatArray, y: FloatArray, streets: Named, areas: Named) -> list[str]:
    """Name points (shape ``(n,)``, projected CRS) as "street, area"; without layers, after their grid position.

    A name given twice gets a number, so that no two places of one list share a name.
    """
    points: NDArray[np.object_] = np.asarray(shapely.points(x, y), dtype=object)
    parts = [_nearest(points, layer) for layer in (streets, areas) if layer]
    names = [", ".join(dict.fromkeys(filter(None, row))) for row in zip(*parts, strict=True)] if parts else []
    names = names or [f"Place {round(east)} E {round(north)} N" for east, north in zip(x, y, strict=True)]
    return _numbered(names)


def _nearest(points: NDArray[np.object_], layer: Named) -> list[str]:
    tree = shapely.STRtree([shape for _, shape in layer])
    return [layer[int(index)][0] for index in tree.nearest(points)]


def _numbered(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    answer = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        answer.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return answer
