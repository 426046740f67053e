"""Pictures of released tables."""

from governance.core.drawing_chart import Period
from public_portal.core.pictures import (
    AreaShape,
    area_map,
    audit_bars,
    count_words,
    group_words,
    hit_bars,
    weeks_chart,
)

SQUARE = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
ROWS = [{"area": "a", "expected": 4.3, "observed": None}, {"area": "b", "expected": 1.2, "observed": 1234}]


def shapes() -> list[AreaShape]:
    return [AreaShape(code, f"Area {code}", SQUARE) for code in ("a", "b", "c")]


def test_a_map_says_hidden_where_the_count_is_hidden() -> None:
    drawn = area_map(title="Burglaries", rows=ROWS, shapes=shapes(), squeeze=0.8, mine="b")
    assert "Area a: 4.3 expected, hidden reported" in drawn.picture
    assert "Area b: 1.2 expected, 1,234 reported" in drawn.picture
    assert 'class="mine"' in drawn.picture
    assert 'class="unknown"' in drawn.picture


def test_a_hidden_count_has_no_dot_in_the_chart() -> None:
    periods = [Period("1 June", 4.0, 1.0, 9.0, 5.0), Period("8 June", 4.0, 1.0, 9.0, None)]
    assert weeks_chart(title="Weeks", periods=periods).count("<circle") == 2  # one week, and the legend


def test_audit_bars_show_the_ratio_and_the_policys_limit() -> None:
    row = {
        "group": "black",
        "residents": 9000,
        "ratio": 1.18,
        "low": 0.97,
        "high": 1.41,
        "verdict": "caution",
    }
    unjudged = {**row, "group": "asian", "verdict": "insufficient"}
    table = {"places": "proposed places", "reference": "residents overall", "groups": [row, unjudged]}
    drawn = audit_bars(table, 1.25)
    assert "1.18 [0.97–1.41]" in drawn
    assert "not enough evidence" in drawn
    assert "the policy asks for at most 1.25" in drawn


def test_hit_bars_set_the_forecast_beside_past_reports_alone() -> None:
    figure = {"value": 0.17, "low": 0.1, "high": 0.3, "n": 17, "N": 100}
    figures = {
        "forecast": {"hit_rate_5": figure},
        "counts": {"hit_rate_5": {**figure, "value": 0.16, "n": 16}},
    }
    drawn = hit_bars(figures)
    assert "17 of 100 incidents" in drawn
    assert "Past reports alone" in drawn


def test_words_for_counts_and_groups() -> None:
    assert count_words(None) == "hidden"
    assert count_words(1234) == "1,234"
    assert group_words("renters") == "Residents: renters"
