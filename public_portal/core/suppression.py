"""Which counts of a table must stay hidden so that no small count can be worked out.

A table of counts with its totals is a flow: from a source S to each row (the row's total), from the row to each
column (the cell), from the column to a sink (the column's total), and back to S (the grand total). Rows and
columns add up exactly because what flows into a node flows out. A hidden number can be worked out from the shown
ones if and only if it lies on no cycle along which hidden numbers could rise and fall by one together; so the
check is a search for such a cycle, and the cure is to hide the cheapest shown numbers that close one.

The attacker assumed here knows the rule, which hidden cells are small and which were hidden to protect others,
and that a zero is never hidden.

Source: the network view of complementary suppression, Cox, "Network Models for Complementary Cell Suppression",
Journal of the American Statistical Association 90 (1995); Hundepool et al., "Statistical Disclosure Control"
(2012), chapter 4.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

UNLIMITED = 10**12
_TOTALS_COST_MORE = 10**9


class Kind(StrEnum):
    """What a number of the table is."""

    CELL = "cell"
    TOTAL = "total"


@dataclass(frozen=True)
class Arc:
    """One number of the table as a flow from `start` to `end`.

    `low`, `high`: the least and largest value that the attacker must allow for while it is hidden.
    """

    start: str
    end: str
    value: int
    kind: Kind
    low: int
    high: int
    hidden: bool


def protect(arcs: list[Arc], below: int) -> list[Arc]:
    """Hide more numbers until no hidden small number (1 to below - 1) can be worked out.

    `arcs`: the whole table as a closed flow, its small numbers already hidden. Returns the arcs in the same
    order. Prefers to hide small cells, and a total only where no cell helps. Raises ValueError if `below` is
    under 3: a hidden cell would then have a single possible value.
    """
    if below < 3:
        raise ValueError("hiding counts below 3 hides nothing: the only hidden value would be 1")
    network = Network(list(arcs))
    for index, arc in enumerate(arcs):
        if arc.hidden and arc.value < below:
            for other in _cheapest_cure(network, index, below):
                network.arcs[other] = hide(network.arcs[other], below)
    return network.arcs


def hide(arc: Arc, below: int) -> Arc:
    """Hide one number, with the range the attacker must then allow for."""
    if arc.kind is Kind.TOTAL:
        return replace(arc, hidden=True, low=1, high=UNLIMITED)
    if arc.value < below:
        return replace(arc, hidden=True, low=1, high=below - 1)
    return replace(arc, hidden=True, low=below, high=UNLIMITED)


def can_be_worked_out(arcs: list[Arc], index: int) -> bool:
    """Say whether this hidden number is the same in every table that agrees with all the shown ones."""
    network = Network([arc if arc.hidden else _fixed(arc) for arc in arcs])
    return all(_cheapest_cycle(network, index, step) is None for step in (1, -1))


class Network:
    """The arcs, and which of them touch each node."""

    def __init__(self, arcs: list[Arc]) -> None:
        self.arcs = arcs
        self.touching: dict[str, list[int]] = {}
        for index, arc in enumerate(arcs):
            self.touching.setdefault(arc.start, []).append(index)
            self.touching.setdefault(arc.end, []).append(index)


def _cheapest_cure(network: Network, index: int, below: int) -> list[int]:
    """Numbers to hide so that the one at `index` may rise or fall; empty if it already may.

    There always is one: all totals on the way may rise together with the number, or fall with it.
    """
    candidates = Network([arc if arc.hidden else _if_hidden(arc, below) for arc in network.arcs])
    cycles = [_cheapest_cycle(candidates, index, step) for step in (1, -1)]
    cheapest = min((cycle for cycle in cycles if cycle is not None), key=lambda cycle: cycle[0])
    return [other for other in cheapest[1] if not network.arcs[other].hidden]


def _if_hidden(arc: Arc, below: int) -> Arc:
    """Return the arc with the range it would have if hidden; a zero, which is never hidden, cannot move."""
    return replace(hide(arc, below), hidden=False) if arc.value else _fixed(arc)


def _fixed(arc: Arc) -> Arc:
    return replace(arc, low=arc.value, high=arc.value)


def _cheapest_cycle(network: Network, index: int, step: int) -> tuple[int, list[int]] | None:
    """Cheapest set of other arcs that lets arc `index` move by `step` (+1 or -1): (cost, their indices).

    Hidden arcs cost nothing, shown ones their value (a total far more). Dijkstra's search in the residual
    network, from the arc's far end back to its near end.
    """
    arc = network.arcs[index]
    if not _may_move(arc, step):
        return None
    start, goal = (arc.end, arc.start) if step > 0 else (arc.start, arc.end)
    queue: list[tuple[int, str, list[int]]] = [(0, start, [])]
    settled: set[str] = set()
    while queue:
        cost, node, path = heapq.heappop(queue)
        if node == goal:
            return cost, path
        if node not in settled:
            settled.add(node)
            for other, target, price in _moves(network, node, index):
                heapq.heappush(queue, (cost + price, target, [*path, other]))
    return None


def _moves(network: Network, node: str, barred: int) -> Iterator[tuple[int, str, int]]:
    """Ways out of a node: along an arc that may rise, or against one that may fall."""
    for index in network.touching[node]:
        arc = network.arcs[index]
        if index == barred:
            continue
        if arc.start == node and _may_move(arc, 1):
            yield index, arc.end, _price(arc)
        if arc.end == node and _may_move(arc, -1):
            yield index, arc.start, _price(arc)


def _may_move(arc: Arc, step: int) -> bool:
    return arc.low <= arc.value + step <= arc.high


def _price(arc: Arc) -> int:
    if arc.hidden:
        return 0
    return arc.value + (_TOTALS_COST_MORE if arc.kind is Kind.TOTAL else 0)
