"""The sentences of the public pages, from released tables alone."""

from collections.abc import Iterable, Mapping
from typing import Any

STATES = {
    "approved": "approved, and not carried out in time",
    "executed": "approved and carried out",
    "rejected": "rejected",
    "returned": "returned to its author, and not decided again in time",
    "expired": "not decided in time, so nobody was sent",
    "open": "not decided in time, so nobody was sent",
    "withdrawn": "withdrawn by its author, so nobody was sent",
    "revoked": "approved, and the approval was taken back before anybody was sent",
}
STANDINGS = {
    "sealed": "sealed before its window: the record shows that it was not changed afterwards",
    "retrospective": "computed in a replay of past data, so it shows how the method does, not what was known then",
}
SETTLED = ("executed", "approved")
TAKEN_BACK = ("withdrawn", "revoked")


def decided(plans: Iterable[Mapping[str, Any]]) -> str:
    """Who decided: how many plans were approved, changed, rejected or left undecided."""
    rows = list(plans)
    if not rows:
        return "No plan was proposed in what is published so far."
    approved = sum(row["state"] in SETTLED for row in rows)
    rejected = sum(row["state"] in ("rejected", "returned") for row in rows)
    back = sum(row["state"] in TAKEN_BACK for row in rows)
    undecided = len(rows) - approved - rejected - back
    changed = sum(row["revision"] > 1 for row in rows)
    return (
        f"Supervisors approved {approved} of {_plans(len(rows))}, rejected or returned {rejected}, "
        f"left {undecided} undecided and changed {changed} before deciding."
        + (f" {_plans(back).capitalize()} {'was' if back == 1 else 'were'} taken back." if back else "")
    )


def compared(row: Mapping[str, Any], incidents: str) -> str:
    """What the forecast said about one area and what came of it."""
    expected = f"{row['expected']:.1f} {incidents} here [{row['low']}–{row['high']}]"
    if row["observed"] is None:
        return f"The system expected {expected}; the number reported is hidden, because it or a neighbour’s is small."
    return f"The system expected {expected}; {row['observed']} were reported."


def _plans(count: int) -> str:
    return "1 plan" if count == 1 else f"{count} plans"
