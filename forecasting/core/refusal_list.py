"""Refused rows as a CSV file that is safe to open in a spreadsheet."""

import polars as pl

_FORMULA = r"^\s*[=+\-@\t\r]"  # what a spreadsheet takes for the start of a formula (OWASP, CSV injection)
_NUMBER = r"^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$"


def safe_csv(rows: pl.DataFrame) -> bytes:
    """The rows as UTF-8 CSV with a byte-order mark; a text that a spreadsheet would run gets a leading quote mark.

    Plain numbers, negative ones too, stay as they are.
    """
    column = pl.col(pl.String)
    risky = column.str.contains(_FORMULA) & ~column.str.contains(_NUMBER)
    spelled = rows.with_columns(pl.when(risky).then(pl.lit("'") + column).otherwise(column).name.keep())
    return b"\xef\xbb\xbf" + spelled.write_csv(line_terminator="\r\n").encode()
