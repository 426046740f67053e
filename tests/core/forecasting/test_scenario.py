"""Scenarios: by hand where nothing is uncertain, known directions where it is, and everything stated."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.core.assumptions import (
    STANDARD_ASSUMPTIONS,
    Assumption,
    Change,
    EventHere,
    Ground,
    PatrolChange,
    ReportingChange,
    Scenario,
)
from forecasting.core.limits import CannotForecast
from forecasting.core.scenario import Comparison, Row, scenario_sentence, side_by_side, simulate

AREAS = ("Harbour", "Mill", "Dock")
SEEDS = range(400)


def ground(dispersion: float = 0.0) -> Ground:
    """Harbour touches Mill, Mill touches Dock."""
    touching = np.array([[False, True, False], [True, False, True], [False, True, False]])
    return Ground(AREAS, np.array([40.0, 30.0, 20.0]), np.array([0.8, 0.6, 0.5]), touching, dispersion)


def certain(**values: float) -> dict[str, Assumption]:
    """The standard assumptions as points, 0 unless given."""
    return {
        name: replace(each, low=(value := values.get(name, 0.0)), value=value, high=value)
        for name, each in STANDARD_ASSUMPTIONS.items()
    }


def compare(*changes: Change, **values: float) -> Comparison:
    return simulate(ground(), [Scenario("What if", changes)], SEEDS, certain(**values))


def rows(*changes: Change, **values: float) -> dict[str, Row]:
    return {row.area: row for row in side_by_side(compare(*changes, **values), 1)}


def test_the_base_gives_back_the_forecast_and_the_assumed_truth() -> None:
    made = rows()
    assert made["Harbour"].recorded_base.value == pytest.approx(40, abs=1)
    assert made["Harbour"].true_base.value == pytest.approx(50, abs=1)
    assert made["All areas"].true_base.value == pytest.approx(50 + 50 + 40, abs=2)
    assert made["Mill"].recorded_base.low < 30 < made["Mill"].recorded_base.high


def test_no_change_changes_nothing_in_any_seed() -> None:
    for row in rows().values():
        for change in (row.recorded_change, row.true_change):
            assert (change.value, change.low, change.high) == (0, 0, 0)


def test_doubled_patrols_prevent_and_move_what_is_assumed() -> None:
    made = rows(PatrolChange(("Harbour",), 2), prevented=0.2, moved=0.5)
    assert made["Harbour"].true_change.value == pytest.approx(-10, abs=1)
    assert made["Mill"].true_change.value == pytest.approx(5, abs=0.7)
    assert made["Dock"].true_change.value == 0
    assert made["Harbour"].recorded_change.value == pytest.approx(-8, abs=1)


def test_four_times_the_patrols_are_two_doublings_and_half_undoes_one() -> None:
    assert rows(PatrolChange(("Harbour",), 4), prevented=0.2)["Harbour"].true.value == pytest.approx(
        32, abs=1
    )
    assert rows(PatrolChange(("Harbour",), 0.5), prevented=0.2)["Harbour"].true.value == pytest.approx(
        62.5, abs=1.3
    )


def test_patrols_find_more_of_what_is_not_reported() -> None:
    """Recorded rises though nothing more happens: 0.6 + 0.4 x 0.3 before, 0.6 + 0.4 x 0.51 after."""
    made = rows(PatrolChange(("Mill",), 2), discovered=0.3)["Mill"]
    assert made.true_change.value == 0
    assert made.recorded.value / made.recorded_base.value == pytest.approx(
        (0.6 + 0.4 * 0.51) / 0.72, rel=0.03
    )


def test_an_event_adds_here_and_next_door() -> None:
    made = rows(EventHere(("Mill",), 2.0, 0.5), spread=0.2)
    assert made["Mill"].true_change.value == pytest.approx(50 * 0.5 * 0.8, abs=1)
    assert made["Harbour"].true_change.value == pytest.approx(2.5, abs=0.4)
    assert made["Dock"].true_change.value == pytest.approx(2.5, abs=0.4)


def test_reporting_changes_what_is_recorded_and_never_what_happens() -> None:
    made = rows(ReportingChange(("Mill", "Dock"), 0.8))
    assert made["Mill"].recorded_change.value == pytest.approx(-6, abs=0.8)
    assert made["Harbour"].recorded_change.value == 0
    assert all(row.true_change.value == 0 for row in made.values())


def test_a_reported_share_stays_a_share() -> None:
    made = rows(ReportingChange(("Harbour",), 3.0))["Harbour"]
    assert made.recorded.value == made.true.value


def test_all_three_together_stand_side_by_side() -> None:
    changes = (PatrolChange(("Harbour",), 2), EventHere(("Mill",), 1.5, 0.3), ReportingChange(("Dock",), 0.8))
    made = simulate(ground(0.1), [Scenario("All", changes), Scenario("None")], SEEDS)
    table = {row.area: row for row in side_by_side(made, 1)}
    assert table["Harbour"].true_change.value < 0 < table["Mill"].true_change.value
    assert table["Dock"].recorded_change.value < table["Dock"].true_change.value
    assert [len(side_by_side(made, number)) for number in (1, 2)] == [4, 4]
    assert (
        table["All areas"].recorded.low < table["All areas"].recorded.value < table["All areas"].recorded.high
    )


def test_common_draws_make_differences_sharper_than_either_side() -> None:
    row = rows(ReportingChange(("Mill",), 0.8))["Mill"]
    side = row.recorded.high - row.recorded.low
    assert row.recorded_change.high - row.recorded_change.low < 0.6 * side


def test_uncertain_assumptions_widen_a_scenario() -> None:
    sure = simulate(
        ground(), [Scenario("x", (PatrolChange(("Harbour",), 8),))], SEEDS, certain(prevented=0.1)
    )
    range_ = certain() | {
        "prevented": replace(STANDARD_ASSUMPTIONS["prevented"], low=0.0, value=0.1, high=0.2)
    }
    open_ = simulate(ground(), [Scenario("x", (PatrolChange(("Harbour",), 8),))], SEEDS, range_)
    one, other = (side_by_side(each, 1)[0].true_change for each in (sure, open_))
    assert other.high - other.low > 1.5 * (one.high - one.low)


def test_dispersion_widens_the_intervals_and_keeps_the_mean() -> None:
    made = side_by_side(simulate(ground(0.3), [Scenario("x")], range(2000), certain()), 1)[0]
    plain = side_by_side(simulate(ground(), [Scenario("x")], range(2000), certain()), 1)[0]
    assert made.true_base.value == pytest.approx(50, rel=0.04)
    assert made.true_base.high - made.true_base.low > 2 * (plain.true_base.high - plain.true_base.low)


def test_the_same_seeds_give_the_same_and_other_seeds_do_not() -> None:
    one, again = compare(PatrolChange(("Mill",), 2)), compare(PatrolChange(("Mill",), 2))
    assert (one.outcomes[1].recorded == again.outcomes[1].recorded).all()
    other = simulate(ground(), [], range(400, 800), certain())
    assert (other.outcomes[0].true != one.outcomes[0].true).any()


def test_everything_it_rests_on_is_printed() -> None:
    made = simulate(ground(), [Scenario("More patrols", (PatrolChange(("Mill",), 2),))], SEEDS)
    told = " ".join(made.stated)
    assert "Base: nothing changes." in told
    assert "More patrols: patrol time x 2 in Mill." in told
    assert all(each.line in told for each in STANDARD_ASSUMPTIONS.values())
    assert "50% to 80% by area (assumed)" in told
    assert "400 seeds, 0 to 399" in told


def test_the_sentence_warns_where_fewer_reports_look_like_fewer_incidents() -> None:
    made = rows(ReportingChange(("Mill",), 0.5))
    told = scenario_sentence(made["Mill"], "thefts")
    assert told.startswith("Mill: ")
    assert "fewer reports are not fewer incidents" in told
    assert "not a forecast" in told
    assert "fewer reports" not in scenario_sentence(made["Harbour"], "thefts")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (PatrolChange(("Atlantis",), 2), r"unknown: Atlantis"),
        (ReportingChange(("Mill",), 0.0), "factor above 0"),
        (EventHere(("Mill",), 2.0, 1.5), "share of the window"),
    ],
)
def test_changes_that_make_no_sense_are_refused(change: Change, message: str) -> None:
    with pytest.raises(CannotForecast, match=message) as refused:
        compare(change)
    assert refused.value.reason == "bad_input"


def test_a_ground_or_seeds_that_make_no_sense_are_refused() -> None:
    for bad in (
        replace(ground(), reported_share=np.array([0.8, 0.0, 0.5])),
        replace(ground(), recorded=np.array([1.0, 2.0])),
    ):
        with pytest.raises(CannotForecast):
            simulate(bad, [], SEEDS)
    with pytest.raises(CannotForecast, match="at least 20 different seeds; got 1"):
        simulate(ground(), [], [1] * 50)
    with pytest.raises(CannotForecast, match="missing: prevented"):
        simulate(ground(), [], SEEDS, {k: v for k, v in STANDARD_ASSUMPTIONS.items() if k != "prevented"})
