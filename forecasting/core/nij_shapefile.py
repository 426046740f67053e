"""The files of a challenge entry: an ESRI shapefile with its projection, made in memory."""

from __future__ import annotations

import io
from datetime import date

import pyproj
import shapefile

from forecasting.core.limits import CannotForecast
from forecasting.core.nij import Entry

_DATE_AT = slice(1, 4)
"""Where a dBASE table says when it was written: years since 1900, month, day."""


def projection_text(srid: int) -> str:
    """Return a projected CRS (EPSG code) as the text of a .prj file.

    Raises CannotForecast (``bad_input``) where the code is unknown, or of a CRS in degrees.
    """
    try:
        crs = pyproj.CRS.from_epsg(srid)
    except pyproj.exceptions.CRSError as problem:
        raise CannotForecast("bad_input", f"EPSG:{srid} is not known: {problem}.") from problem
    if not crs.is_projected:
        raise CannotForecast(
            "bad_input",
            f"EPSG:{srid} ({crs.name}) is not projected: areas in square feet need a CRS in feet or metres. Set the "
            "jurisdiction up with a projected one, like EPSG:2913 for Portland.",
        )
    return str(crs.to_wkt("WKT1_ESRI"))


def shapefile_parts(entry: Entry, projection: str, written: date) -> dict[str, bytes]:
    """Return the files of an entry by suffix (.shp, .shx, .dbf, .prj).

    One record per cell: ``id`` from 1, ``hotspot`` 0 or 1, ``area`` in the CRS's unit squared. ``written`` stands in
    the table as its date, so that the same entry gives the same bytes on any day.
    """
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POLYGON) as writer:
        writer.field("id", "N", 10)
        writer.field("hotspot", "N", 1)
        writer.field("area", "N", 20, 4)
        for number, (polygon, hot) in enumerate(zip(entry.polygons, entry.hotspot, strict=True), start=1):
            writer.shape(polygon.__geo_interface__)
            writer.record(number, int(hot), round(float(polygon.area), 4))
    table = bytearray(dbf.getvalue())
    table[_DATE_AT] = bytes([written.year - 1900, written.month, written.day])
    return {".shp": shp.getvalue(), ".shx": shx.getvalue(), ".dbf": bytes(table), ".prj": projection.encode()}
