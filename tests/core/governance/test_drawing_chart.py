"""A forecast beside what happened."""

from xml.etree import ElementTree

from governance.core.drawing_chart import ChartWords, Period, draw_forecast_chart

SVG = "{http://www.w3.org/2000/svg}"
WEEKS = [Period(f"week {i}", 10.0 + i, 7.0 + i, 14.0 + i, 9.0, 12.0) for i in range(6)]


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  our own text


def kinds(text: str) -> list[str]:
    return [e.get("class", "") for e in parsed(text).iter() if e.get("class")]


def test_a_chart_holds_band_line_dots_and_baseline_and_explains_each() -> None:
    drawn = draw_forecast_chart(title="t", periods=WEEKS)
    assert {"band", "pred", "basel", "obs"} <= set(kinds(drawn))
    texts = [t.text for t in parsed(drawn).iter(f"{SVG}text")]
    assert texts[-3:] == ["forecast and 90 % interval", "reported", "counts alone"]


def test_the_legend_names_only_what_is_there_in_the_readers_words() -> None:
    said = ChartWords(expected="previsto", observed="registrado", baseline="recuento")
    drawn = draw_forecast_chart(title="t", periods=[Period("1 July", observed=3.0)], said=said)
    texts = [t.text for t in parsed(drawn).iter(f"{SVG}text")]
    assert "registrado" in texts
    assert "previsto" not in texts


def test_dots_stand_in_order_of_time_and_higher_counts_stand_higher() -> None:
    periods = [Period("a", observed=1.0), Period("b", observed=5.0), Period("c", observed=2.0)]
    dots = list(parsed(draw_forecast_chart(title="t", periods=periods)).iter(f"{SVG}circle"))[:3]
    xs, ys = [float(d.get("cx", "0")) for d in dots], [float(d.get("cy", "0")) for d in dots]
    assert xs == sorted(xs)
    assert ys[1] < ys[2] < ys[0]


def test_a_gap_in_the_forecast_breaks_the_band_and_the_line() -> None:
    gap = [*WEEKS[:2], Period("missing"), *WEEKS[3:]]
    drawn = draw_forecast_chart(title="t", periods=gap)
    assert kinds(drawn).count("basel") == 3  # two runs and the legend
    assert kinds(drawn).count("pred") == 3


def test_a_single_period_stands_in_the_middle_with_its_interval() -> None:
    drawn = draw_forecast_chart(title="t", periods=WEEKS[:1])
    assert {"band", "pred", "obs"} <= set(kinds(drawn))


def test_the_highest_value_stays_below_the_ceiling() -> None:
    high = [Period("a", 1.0, 0.5, 2.0, observed=97.0), Period("b", 1.0, 0.5, 2.0)]
    dots = list(parsed(draw_forecast_chart(title="t", periods=high)).iter(f"{SVG}circle"))
    assert float(dots[0].get("cy", "0")) > 0


def test_no_periods_are_empty_axes() -> None:
    assert "grid" in kinds(draw_forecast_chart(title="t", periods=[]))


def test_a_label_cannot_break_out_of_the_chart() -> None:
    drawn = draw_forecast_chart(title="<", periods=[Period("<script>", observed=1.0)])
    assert "<script" not in drawn
