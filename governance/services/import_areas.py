"""Bring in named geography: areas for publishing and auditing, streets for naming places."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.models import Area, Jurisdiction, User
from governance.permissions import check


@dataclass(frozen=True)
class NamedShape:
    """One feature of a file: WGS84 geometry with its code and name."""

    code: str
    name: str
    geometry: GEOSGeometry


@transaction.atomic
def import_areas(
    *, jurisdiction: Jurisdiction, kind: str, shapes: Sequence[NamedShape], digest: str, by: User
) -> int:
    """Store the shapes of one kind; shapes already there with the same code are left alone. Returns how many are new.

    `digest` is the SHA-256 of the file. Raises Refused(NOT_PERMITTED | BAD_INPUT).
    """
    role = check(by, Permission.MANAGE_DATA, jurisdiction)
    repeated = len(shapes) - len({shape.code for shape in shapes})
    if not shapes or repeated:
        raise Refused(
            Reason.BAD_INPUT,
            f"The file repeats {repeated} codes; each shape needs its own."
            if repeated
            else "The file holds no shape.",
        )
    known = set(Area.objects.filter(jurisdiction=jurisdiction, kind=kind).values_list("code", flat=True))
    rows = [
        Area(jurisdiction=jurisdiction, kind=kind, code=shape.code, name=shape.name, geometry=shape.geometry)
        for shape in shapes
        if shape.code not in known
    ]
    if not rows:
        return 0
    Area.objects.bulk_create(rows, batch_size=500)
    record(
        action="areas.imported",
        subject_kind="file",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        detail={
            "kind": kind,
            "count": len(rows),
            "codes": hashlib.sha256("\n".join(s.code for s in shapes).encode()).hexdigest(),
        },
    )
    return len(rows)
