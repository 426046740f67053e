"""One map through every metric: draws, invariances, evidence."""

import math
from dataclasses import replace

import numpy as np
import pytest

from audits.core.audit_table import (
    INSUFFICIENT,
    MEASURED,
    AuditTable,
    Figure,
    audit_table,
    plain_figures,
    side_by_side,
)
from audits.core.audited import Audited
from audits.core.draws import drawn_cities, whole_city
from audits.core.efficiency import best_flags
from audits.core.evidence import Floors
from audits.core.groups import GroupTable
from audits.core.metrics import METRICS, Metric
from tests.core.audits.tiny_city import metric

AREAS, WINDOWS = 24, 3
ONE_STRATUM_FOR_ALL_DRAWS = "_tenth_"
COUNTS_AREAS = (3, 4, 10, 14)
"""Rows that give each area one voice, or a place among tenths of areas: splitting an area changes them."""


def keeps(each: Metric) -> bool:
    """Whether a metric stays when an area is split: no count of areas, no tenth, no error per area."""
    return each.row not in COUNTS_AREAS and not any(
        word in each.name for word in (ONE_STRATUM_FOR_ALL_DRAWS, "error", "deviance")
    )


def city(seed: int = 1) -> Audited:
    rng = np.random.default_rng(seed)
    residents = rng.integers(400, 900, AREAS).astype(float)
    counts = np.floor(residents[:, None] * rng.uniform(0.05, 0.95, (AREAS, 3)))
    table = GroupTable(
        tuple(f"{i:02}" for i in range(AREAS)), ("black", "white", "below_poverty"), counts, residents
    )
    risk = rng.gamma(2, 2, (AREAS, WINDOWS))
    recorded = rng.poisson(risk).astype(float)
    surface = rng.uniform(1, 3, AREAS)
    flagged = (risk > 5).astype(float)
    return Audited(
        table, flagged, targeted=rng.poisson(risk).astype(float), forecast=risk, recorded=recorded,
        counted=np.roll(flagged, 1, axis=0), best=best_flags(flagged, surface, recorded),
        arrests=rng.poisson(0.4 * recorded + 0.2).astype(float), minutes=rng.gamma(3, 60, AREAS),
        calls=rng.poisson(30, AREAS).astype(float), surface=surface, reporting=rng.uniform(0.3, 0.9, AREAS),
    )  # fmt: skip


def rows_of(audited: Audited, rows: np.ndarray) -> Audited:
    """The same map made of the given areas, each as often as it is named."""
    table = GroupTable(
        tuple(map(str, range(rows.size))),
        audited.table.groups,
        audited.table.counts[rows],
        audited.table.residents[rows],
    )
    names = (
        "flagged",
        "targeted",
        "forecast",
        "recorded",
        "counted",
        "best",
        "arrests",
        "minutes",
        "calls",
        "surface",
        "reporting",
    )
    return replace(audited, table=table, **{name: getattr(audited, name)[rows] for name in names})


def values(each: Metric, audited: Audited) -> np.ndarray:
    return np.asarray(
        each.function(whole_city(audited.table), *(audited.figure(name) for name in each.needs))[0]
    )


@pytest.mark.parametrize(
    "each", [m for m in METRICS if ONE_STRATUM_FOR_ALL_DRAWS not in m.name and m.name != "conditional_ratio"],
    ids=lambda each: each.name,
)  # fmt: skip
def test_a_draw_is_the_metric_of_the_city_it_took(each: Metric) -> None:
    audited = city()
    drawn = drawn_cities(audited.table, np.random.default_rng(2), draws=100)
    found = each.function(drawn, *(audited.figure(name) for name in each.needs))
    for draw in range(3):
        taken = np.repeat(np.arange(AREAS), drawn.taken[draw].astype(int))
        assert found[draw] == pytest.approx(values(each, rows_of(audited, taken)), rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("each", METRICS, ids=lambda each: each.name)
def test_relabelling_groups_relabels_figures(each: Metric) -> None:
    audited = city()
    turned = GroupTable(
        audited.table.areas, ("q", "r", "s"), audited.table.counts[:, [2, 0, 1]], audited.table.residents
    )
    found = values(each, replace(audited, table=turned))
    assert found == pytest.approx(values(each, audited)[[2, 0, 1]], nan_ok=True)


@pytest.mark.parametrize("each", METRICS, ids=lambda each: each.name)
def test_ten_times_the_people_change_nothing(each: Metric) -> None:
    audited = city()
    table = audited.table
    bigger = GroupTable(table.areas, table.groups, table.counts * 10, table.residents * 10)
    expected = values(each, audited) / (10 if each.name == "minutes_per_resident" else 1)
    assert values(each, replace(audited, table=bigger)) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("each", [m for m in METRICS if keeps(m)], ids=lambda each: each.name)
def test_splitting_an_area_in_two_halves_changes_nothing(each: Metric) -> None:
    audited = city()
    rows = np.append(np.arange(AREAS), 5)
    split = rows_of(audited, rows)
    half = np.ones(AREAS + 1)
    half[[5, AREAS]] = 0.5
    table = GroupTable(
        split.table.areas,
        split.table.groups,
        split.table.counts * half[:, None],
        split.table.residents * half,
    )
    halved = {
        name: getattr(split, name) * (half[:, None] if getattr(split, name).ndim == 2 else half)
        for name in ("forecast", "recorded", "arrests", "minutes", "calls", "surface")
    }
    assert values(each, replace(split, table=table, **halved)) == pytest.approx(
        values(each, audited), nan_ok=True
    )


def figure(table: AuditTable, name: str, group: str) -> Figure:
    return next(each for each in table.figures if (each.metric, each.group) == (name, group))


def test_every_metric_comes_with_its_interval_for_every_group() -> None:
    found = audit_table(city(), seed=1, draws=200)
    assert len(found.figures) == 3 * len(METRICS)
    assert found.not_available == {}
    rate = figure(found, "targeting_rate", "black")
    assert rate.verdict == MEASURED
    assert rate.interval.low < rate.value < rate.interval.high
    assert repr(audit_table(city(), seed=1, draws=200)) == repr(found)


def test_what_is_not_known_is_not_available_with_its_reason() -> None:
    audited = Audited(city().table, city().flagged)
    found = audit_table(audited, seed=1, draws=100)
    assert found.not_available["minutes_per_incident"] == (
        "not available, because minutes of patrol and recorded incidents are not known here"
    )
    assert {each.row for each in found.figures} == {1, 2, 3, 4, 14}


def test_too_little_evidence_is_a_verdict_with_a_reason_for_each_figure_by_itself() -> None:
    """Enough people everywhere, but hardly an incident: rates are measured, benefits are not."""
    audited = replace(city(), recorded=np.zeros((AREAS, WINDOWS)))
    found = audit_table(audited, seed=1, draws=100, floors=Floors(incidents=20))
    assert figure(found, "targeting_rate", "black").verdict == MEASURED
    benefit = figure(found, "equal_benefit", "black")
    assert benefit.verdict == INSUFFICIENT
    assert "recorded incidents" in benefit.reason


def test_census_margins_widen_the_interval_and_give_the_smallest_effect() -> None:
    audited = city()
    margins = 0.6 * audited.table.counts
    sure = audit_table(audited, seed=1, draws=400, metrics=[metric("lift_most")])
    unsure = audit_table(audited, seed=1, draws=400, margins=margins, metrics=[metric("lift_most")])
    one, other = (figure(each, "lift_most", "white") for each in (sure, unsure))
    assert other.interval.high - other.interval.low > one.interval.high - one.interval.low
    assert abs(other.conservative) <= abs(other.value) == abs(one.value)
    assert math.isnan(one.conservative)


def test_areas_can_be_drawn_in_blocks() -> None:
    found = audit_table(
        city(), seed=1, draws=200, clusters=np.arange(AREAS) // 6, metrics=[metric("targeting_rate")]
    )
    alone = audit_table(city(), seed=1, draws=200, metrics=[metric("targeting_rate")])
    assert (
        figure(found, "targeting_rate", "black").interval != figure(alone, "targeting_rate", "black").interval
    )


def test_several_maps_go_through_the_same_table_on_the_same_draws() -> None:
    recipe = city()
    assert recipe.counted is not None
    both = side_by_side(
        {"recipe": recipe, "again": recipe, "counts": replace(recipe, flagged=recipe.counted)},
        seed=1,
        draws=100,
    )
    assert repr(both["recipe"]) == repr(both["again"])
    assert (
        figure(both["counts"], "targeting_rate", "black").value
        != figure(both["recipe"], "targeting_rate", "black").value
    )
    other = city(seed=2)
    with pytest.raises(ValueError, match="over the same residents"):
        side_by_side({"recipe": recipe, "elsewhere": other}, seed=1, draws=100)


def test_figures_become_plain_rows() -> None:
    found = audit_table(city(), seed=1, draws=100, metrics=[metric("targeting_rate")])
    row = plain_figures(found)[0]
    assert (row["metric"], row["group"], row["verdict"], row["conservative"]) == (
        "targeting_rate",
        "black",
        MEASURED,
        None,
    )
    assert row["value"] == pytest.approx(found.figures[0].value, rel=1e-5)
