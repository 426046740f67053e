"""Digests of numbers that agree on every worker."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.core.incidents import FloatArray

SIGNIFICANT_DIGITS = 6


def round_significant(values: FloatArray, digits: int = SIGNIFICANT_DIGITS) -> FloatArray:
    """Round to significant decimal digits, any shape; 0, infinities and NaN stay as they are.

    Kinds of processor differ in the last bits of exp and log (measured: up to 6e-16 relative);
    rounding well above that makes digests of results agree.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values) & (values != 0)
    magnitude = np.floor(np.log10(np.abs(values, where=finite, out=np.ones_like(values))))
    power = (digits - 1) - magnitude
    up, down = 10.0 ** np.maximum(power, 0), 10.0 ** np.maximum(-power, 0)
    rounded = np.rint(np.where(finite, values, 0.0) * up / down) * down / up
    return np.where(finite, rounded, values)


def table_bytes(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """Write columns (each of shape ``(n,)``) as one Parquet file, in the order given, without statistics.

    The same columns give the same bytes under the same locked version of the writer, so the SHA-256
    of the bytes names the table.
    """
    buffer = io.BytesIO()
    pl.DataFrame(dict(columns)).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
