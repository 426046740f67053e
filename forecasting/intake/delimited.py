"""CSV files, plain or gzipped, read in whole records and bounded memory."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, NoReturn

import polars as pl

from forecasting.intake.incident_file import IncidentFile, Stretch, numbered
from governance.core.refusals import Reason


def csv_stretches(file: IncidentFile) -> Iterator[Stretch]:
    """Yield a CSV file's rows; whole records only, whatever line breaks stand inside quotes."""
    header: list[str] | None = None
    line, row, size = 1, 0, max(file.path.stat().st_size, 1)
    with file.path.open("rb") as packed:
        for block in whole_records(file, packed):
            text = block
            if header is None:
                text = text.removeprefix(b"\xef\xbb\xbf")
            check_text(file, text, line)
            if header is None:
                header, text = _split_header(file, text)
                line += 1
            rows = _parsed(file, header, text, line)
            line += text.count(b"\n")
            if len(rows):
                yield Stretch(numbered(rows, row), min(packed.tell() / size, 1.0))
            row += len(rows)
    if row == 0:
        file.refuse("the file holds no rows below its header. Export it again.", line=1)


def whole_records(file: IncidentFile, packed: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks that end where a record ends, of about `limits.stretch` bytes."""
    held, line = b"", 1
    for block in _unpacked(file, packed):
        held += block
        end = _last_record_end(held)
        if end:
            yield held[:end]
            line += held.count(b"\n", 0, end)
            held = held[end:]
        elif len(held) > file.limits.stretch + file.limits.record:
            file.refuse(
                "a quotation mark opens here and never closes. Export it again with quotes doubled.",
                line=line,
            )
    if held.count(b'"') % 2:
        file.refuse(
            "a quotation mark opens here and never closes: the end of the file is missing, or a quote inside "
            "a field is not doubled. Export it again.",
            line=line,
        )
    if held:
        yield held


def _last_record_end(held: bytes) -> int:
    """Where the last whole record ends: behind a line break with an even number of quotes before it; 0 = nowhere."""
    end = held.rfind(b"\n") + 1
    quotes = held.count(b'"', 0, end)
    while end and quotes % 2:
        cut = held.rfind(b'"', 0, end)  # inside quotes from here on: step back before that mark
        end = held.rfind(b"\n", 0, cut) + 1
        quotes = held.count(b'"', 0, end)
    return end


def _unpacked(file: IncidentFile, packed: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks of the file's text, unpacked where it is compressed, within the limits."""
    compressed = file.path.name.lower().endswith(".gz")
    stream = gzip.GzipFile(fileobj=packed, mode="rb") if compressed else packed
    total, lines = 0, 1
    while block := _next_block(file, stream, lines):
        total += len(block)
        lines += block.count(b"\n")
        _check_size(file, total, packed.tell())
        yield block


def _next_block(file: IncidentFile, stream: IO[bytes] | gzip.GzipFile, line: int) -> bytes:
    try:
        return stream.read(file.limits.stretch)
    except EOFError:
        file.refuse("the compressed data ends too early. Fetch the file again.", line=line)
    except (gzip.BadGzipFile, zlib.error):
        file.refuse("the compressed data is damaged. Fetch the file again.", line=line)


def _check_size(file: IncidentFile, unpacked: int, packed: int) -> None:
    ratio = unpacked > 2 * file.limits.stretch and unpacked > file.limits.ratio * packed
    if ratio or unpacked > file.limits.unpacked:
        file.refuse(
            f"unpacking it gave {unpacked / 2**20:,.0f} MiB from {packed / 2**20:,.1f} MiB, as a decompression bomb "
            "would. If the file is sound, give it unpacked or in parts.",
            reason=Reason.TOO_LARGE,
        )


def check_text(file: IncidentFile, text: bytes, line: int) -> None:
    """Refuse what is not UTF-8 text."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in text:
        file.refuse("this is not UTF-8 text (UTF-16, perhaps). Export it as UTF-8.", line=line)
    if text.isascii():
        return
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as problem:
        wrong = line + text.count(b"\n", 0, problem.start)
        file.refuse("this is not UTF-8 text (Latin-1, perhaps). Export it as UTF-8.", line=wrong)


def _split_header(file: IncidentFile, text: bytes) -> tuple[list[str], bytes]:
    head, _, rest = text.partition(b"\n")
    header = next(csv.reader([head.decode().rstrip("\r")]), [])
    file.check_columns(header)
    return header, rest


def _parsed(file: IncidentFile, header: list[str], text: bytes, line: int) -> pl.DataFrame:
    """The columns that the profile reads, as text; no other column is looked at."""
    if not text:
        return pl.DataFrame(schema=dict.fromkeys(file.columns, pl.String))
    try:
        return pl.read_csv(
            io.BytesIO(_as_line(header) + text),
            columns=list(file.columns),
            infer_schema=False,
            raise_if_empty=False,
        ).select(file.columns)
    except pl.exceptions.PolarsError:
        _refuse_odd_line(file, header, text, line)


def _as_line(header: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(header)
    return line.getvalue().encode()


def _refuse_odd_line(file: IncidentFile, header: list[str], text: bytes, line: int) -> NoReturn:
    """Find the first record that does not fit the header, and refuse the file there."""
    reader = csv.reader(io.StringIO(text.decode(), newline=""))
    first = line
    for record in reader:
        if len(record) > len(header):
            file.refuse(
                f"there are {len(record)} fields under {len(header)} column names. Quote the fields that hold commas.",
                line=first,
            )
        first = line + reader.line_num
    file.refuse("from here on, the file cannot be read as CSV. Export it again.", line=line)
