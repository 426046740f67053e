"""Bring in residents by area and group."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from audits.core.groups import EVERYBODY
from audits.core.resident_rows import ResidentRow, ResidentRowsError, differences, read_rows
from audits.models import GroupCount, ResidentTable
from audits.selectors import table_in_force
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import areas_of

if TYPE_CHECKING:
    from governance.models import Area, Jurisdiction, User


@transaction.atomic
def import_residents(
    *,
    jurisdiction: Jurisdiction,
    filename: str,
    data: bytes,
    by: User,
    columns: Mapping[str, str] | None = None,
) -> ResidentTable:
    """Store a census file as the residents in force; earlier files stay, for the audits that used them.

    `data`: UTF-8 CSV with a header and one row per imported area, no more and no fewer. `columns`: meaning ->
    the file's column, guessed where None. The file already in force is a no-op.
    Raises Refused(NOT_PERMITTED | BAD_INPUT).
    """
    role = check(by, Permission.MANAGE_DATA, jurisdiction)
    digest = hashlib.sha256(data).hexdigest()
    known = table_in_force(jurisdiction)
    if known is not None and known.digest == digest:
        return known
    areas = {area.code: area for area in areas_of(jurisdiction)}
    rows = _read(filename, data, columns, frozenset(areas))
    groups = list(rows[0].groups)
    residents = sum(row.residents for row in rows)
    entry = record(
        action="residents.imported",
        subject_kind="file",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        detail={"rows": len(rows), "groups": len(groups), "residents": residents},
    )
    table = ResidentTable.objects.create(
        jurisdiction=jurisdiction,
        filename=filename,
        digest=digest,
        groups=groups,
        areas=len(rows),
        residents=residents,
        imported_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )
    GroupCount.objects.bulk_create(_counts(table, rows, areas), batch_size=2000)
    return table


def _read(
    filename: str, data: bytes, columns: Mapping[str, str] | None, areas: frozenset[str]
) -> tuple[ResidentRow, ...]:
    """Read and check the file; whatever is wrong with it is a refusal, and nothing is stored."""
    try:
        rows = read_rows(data.decode("utf-8-sig"), columns)
    except UnicodeDecodeError as problem:
        raise Refused(
            Reason.BAD_INPUT,
            f"{filename} is not UTF-8 (byte {problem.start}). Save it as UTF-8. Nothing was stored.",
        ) from problem
    except ResidentRowsError as problem:
        raise Refused(Reason.BAD_INPUT, f"{filename}: {problem} Nothing was stored.") from problem
    if not areas:
        raise Refused(
            Reason.BAD_INPUT, "No areas have been imported yet. Run `manage.py import_areas` first."
        )
    if wrong := differences(rows, areas):
        raise Refused(
            Reason.BAD_INPUT,
            f"{filename} and the imported areas do not match. {wrong} Nothing was stored; give one row per area, "
            "with 0 where nobody lives.",
        )
    return rows


def _counts(
    table: ResidentTable, rows: tuple[ResidentRow, ...], areas: Mapping[str, Area]
) -> list[GroupCount]:
    return [
        GroupCount(table=table, area=areas[row.area], group=group, residents=residents)
        for row in rows
        for group, residents in {EVERYBODY: row.residents, **row.groups}.items()
    ]
