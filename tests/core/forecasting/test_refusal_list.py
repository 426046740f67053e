"""A list of refusals does nothing when a spreadsheet opens it."""

import csv
import io

import polars as pl
import pytest

from forecasting.core.refusal_list import safe_csv


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def listed(text: str | None) -> str:
    return read(safe_csv(pl.DataFrame({"row": [1], "kind": [text]}, schema_overrides={"kind": pl.String})))[
        1
    ][1]


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =HYPERLINK(1)", "-75.1;=1"],
)
def test_what_a_spreadsheet_would_run_is_quoted(formula: str) -> None:
    assert listed(formula) == "'" + formula


@pytest.mark.parametrize("plain", ["-75.1652", "+3", "1e-5", "Thefts", "2016-01-12", ""])
def test_numbers_and_words_stay_as_they_are(plain: str) -> None:
    assert listed(plain) == plain


def test_commas_quotes_and_line_breaks_survive() -> None:
    assert listed('a,"b"\nc') == 'a,"b"\nc'
    assert listed(None) == ""


def test_a_header_names_the_columns() -> None:
    assert read(safe_csv(pl.DataFrame({"row": [], "reason": []})))[0] == ["row", "reason"]
