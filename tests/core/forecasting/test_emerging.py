"""Emerging hot spots: Gi* against esda, Mann-Kendall against loops, classes by hand, planted places recovered."""

import numpy as np
import pytest
from esda.getisord import G_Local
from libpysal.weights import DistanceBand
from scipy import sparse, stats

from forecasting.core.emerging import (
    CLASSES,
    EmergingSettings,
    classify,
    emerging_sentence,
    find_emerging,
    gi_star,
    mann_kendall,
    neighbours_within,
)
from forecasting.core.incidents import FloatArray
from forecasting.core.limits import CannotForecast

STEPS = 24


def square(side: int = 12) -> tuple[FloatArray, FloatArray, sparse.csr_array]:
    y, x = (part.ravel().astype(np.float64) for part in np.mgrid[:side, :side])
    return x, y, neighbours_within(x, y, 1.5)


def quiet(seed: int, level: float = 4.0, steps: int = STEPS, side: int = 12) -> FloatArray:
    return np.random.default_rng(seed).poisson(level, (steps, side * side)).astype(np.float64)


def around(cell: int, side: int = 12) -> list[int]:
    return [cell + row * side + column for row in (-1, 0, 1) for column in (-1, 0, 1)]


def test_neighbours_are_within_the_distance_and_hold_the_cell_itself() -> None:
    _, _, near = square(4)
    assert near.sum(axis=1).tolist()[:6] == [4, 6, 6, 4, 6, 9]
    assert (near.toarray() == near.toarray().T).all()


def test_gi_star_gives_the_documented_example_of_esda() -> None:
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=np.float64)
    near = neighbours_within(points[:, 0], points[:, 1], 15.0)
    z = gi_star(np.array([[2, 3, 3.2, 5, 8, 7]]), near, lag=0, reference="steps")
    assert z[0] == pytest.approx([-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331])


def test_gi_star_agrees_with_esda_on_a_grid() -> None:
    x, y, near = square()
    counts = quiet(1, steps=3)
    band = DistanceBand(np.column_stack([x, y]), 1.5, silence_warnings=True)
    ours = gi_star(counts, near, lag=0, reference="steps")
    for step in range(3):
        theirs = G_Local(counts[step], band, transform="B", star=True, permutations=0)
        assert ours[step] == pytest.approx(theirs.Zs)


@pytest.mark.parametrize("reference", ["steps", "cube"])
def test_neighbours_in_time_are_the_steps_before_and_none_after(reference: str) -> None:
    _, _, near = square(4)
    counts = quiet(2, steps=5, side=4)
    z = gi_star(counts, near, lag=1, reference=reference)  # type: ignore[arg-type]
    near_dense = near.toarray() > 0
    for step in (0, 3):
        first = max(0, step - 1)
        others = counts[first : step + 1] if reference == "steps" else counts
        for cell in (0, 5):
            values = counts[first : step + 1][:, near_dense[cell]]
            n, w = others.size, values.size
            by_hand = (values.sum() - others.mean() * w) / (others.std() * np.sqrt((n * w - w**2) / (n - 1)))
            assert z[step, cell] == pytest.approx(by_hand)
    later = counts.copy()
    later[4] += 50
    if reference == "steps":
        assert gi_star(later, near, lag=1, reference="steps")[:4] == pytest.approx(z[:4])


def test_gi_star_of_a_flat_city_is_zero() -> None:
    _, _, near = square(4)
    assert not gi_star(np.full((2, 16), 3.0), near, lag=0, reference="steps").any()


def test_mann_kendall_by_hand() -> None:
    rising = np.arange(10.0)
    z, p = mann_kendall(np.column_stack([rising, -rising, np.ones(10), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]]))
    assert z[0] == pytest.approx(44 / np.sqrt(125))  # S = 45, variance 10 x 9 x 25 / 18
    assert z[1] == -z[0]
    assert (z[2], p[2]) == (0.0, 1.0)
    assert z[3] == pytest.approx(39 / np.sqrt((10 * 9 * 25 - 5 * 2 * 1 * 9) / 18))  # S = 40, five ties of two
    assert p[0] == pytest.approx(2 * stats.norm.sf(44 / np.sqrt(125)))


def test_mann_kendall_agrees_with_loops_and_is_uniform_without_a_trend() -> None:
    series = np.random.default_rng(3).integers(0, 5, (15, 8)).astype(np.float64)
    z, _ = mann_kendall(series)
    for column in range(8):
        score = sum(
            np.sign(series[j, column] - series[i, column]) for i in range(15) for j in range(i + 1, 15)
        )
        ties = sum(t * (t - 1) * (2 * t + 5) for t in np.unique(series[:, column], return_counts=True)[1])
        variance = (15 * 14 * 35 - ties) / 18
        assert z[column] == pytest.approx(np.sign(score) * max(abs(score) - 1, 0) / np.sqrt(variance))
    _, p = mann_kendall(np.random.default_rng(4).standard_normal((24, 4000)))
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.012)


def class_of(hot: str, rising: float = 0.0) -> str:
    """The class of a history such as ".....hh", h hot and c cold."""
    flags = np.array(list(hot))[:, None]
    return CLASSES[int(classify(flags == "h", flags == "c", np.array([rising]))[0])]


@pytest.mark.parametrize(
    ("history", "rising", "named"),
    [
        ("..........", 0, "none"),
        (".........h", 0, "new hot spot"),
        (".......hhh", 0, "consecutive hot spot"),
        (".hhhhhhhhh", 1, "intensifying hot spot"),
        ("hhhhhhhhhh", 0, "persistent hot spot"),
        ("hhhhhhhhhh", -1, "diminishing hot spot"),
        (".h..hh...h", 0, "sporadic hot spot"),
        (".h..hh....", 0, "sporadic hot spot"),
        (".c..hh...h", 0, "oscillating hot spot"),
        (".c.......h", 0, "oscillating hot spot"),
        ("hhhhhhhhh.", 0, "historical hot spot"),
        (".........c", 0, "new cold spot"),
        ("cccccccccc", -1, "intensifying cold spot"),
        ("cccccccccc", 1, "diminishing cold spot"),
        (".h.....c.c", 0, "oscillating cold spot"),
        ("ccccccccc.", 0, "historical cold spot"),
        (".h....c...", 0, "none"),
    ],
)
def test_classes_by_hand(history: str, rising: float, named: str) -> None:
    assert class_of(history, rising) == named


def test_hot_and_cold_mirror_each_other() -> None:
    rng = np.random.default_rng(5)
    flags = rng.choice([-1, 0, 1], (12, 300), p=[0.1, 0.3, 0.6])
    rising = rng.choice([-1.0, 0.0, 1.0], 300)
    one, other = classify(flags > 0, flags < 0, rising), classify(flags < 0, flags > 0, -rising)
    assert (np.where(one > 8, one - 8, np.where(one > 0, one + 8, 0)) == other).all()


def test_a_quiet_city_has_almost_no_hot_spots() -> None:
    _, _, near = square()
    named = [find_emerging(quiet(seed), near, EmergingSettings()).code > 0 for seed in range(20)]
    assert np.mean([each.any() for each in named]) <= 0.2
    assert np.mean(named) < 0.005


def test_neighbours_in_time_make_no_trends() -> None:
    _, _, near = square()
    shares = [
        (find_emerging(quiet(seed), near, EmergingSettings(lag=4)).trend_p <= 0.05).mean()
        for seed in range(15)
    ]
    assert np.mean(shares) < 0.065


def test_lasting_places_without_a_trend_are_persistent_and_rarely_anything_else() -> None:
    _, _, near = square()
    named: list[str] = []
    for seed in range(25):
        counts = quiet(seed)
        for cell in (26, 33, 110, 117):
            counts[:, around(cell)] += np.random.default_rng(seed + cell).poisson(20, (STEPS, 9))
        found = find_emerging(counts, near, EmergingSettings(lag=0))
        named += [found.class_of(cell) for cell in (26, 33, 110, 117)]
    assert named.count("persistent hot spot") >= 95


def test_a_new_place_a_lasting_place_and_a_rising_place_are_recovered() -> None:
    _, _, near = square()
    counts, rng = quiet(6), np.random.default_rng(60)
    counts[:, around(26)] += rng.poisson(25, (STEPS, 9))
    counts[-1, around(33)] += rng.poisson(30, 9)
    ramp = np.linspace(20, 45, STEPS)[:, None]
    counts[:, around(110)] += rng.poisson(np.broadcast_to(ramp, (STEPS, 9)))
    found = find_emerging(counts, near, EmergingSettings(lag=0))
    assert found.class_of(26) in ("persistent hot spot", "diminishing hot spot")
    assert found.class_of(33) == "new hot spot"
    assert found.class_of(110) == "intensifying hot spot"
    assert found.hot_since(33) == STEPS - 1
    assert found.hot_since(26) == 0
    assert found.hot_since(0) is None


def test_a_citywide_rise_is_no_hot_spot_within_the_city_but_is_one_over_the_cube() -> None:
    _, _, near = square()
    counts = quiet(7)
    counts[-1] = np.random.default_rng(70).poisson(12, 144)
    within = find_emerging(counts, near, EmergingSettings(lag=0))
    over = find_emerging(counts, near, EmergingSettings(lag=0, reference="cube"))
    assert within.hot[-1].mean() < 0.05
    assert over.hot[-1].mean() > 0.9


def test_hochberg_finds_no_less_than_yekutieli() -> None:
    _, _, near = square()
    counts = quiet(8)
    counts[:, around(26)] += 4
    strict = find_emerging(counts, near, EmergingSettings())
    less = find_emerging(counts, near, EmergingSettings(dependence="positive"))
    assert (less.adjusted <= strict.adjusted).all()
    assert less.hot.sum() > strict.hot.sum() > 0


def test_the_sentence_says_what_since_when_how_sure_and_what_it_does_not_mean() -> None:
    _, _, near = square()
    counts = quiet(6)
    counts[-1, around(33)] += 16
    found = find_emerging(counts, near, EmergingSettings(lag=0))
    told = emerging_sentence(
        found, 33, what="burglaries", where="Mill Lane", step="month", since="April 2024", level=0.05
    )
    assert told == (
        "Mill Lane is a new hot spot of burglaries: it stands out for the first time in the latest step. With its "
        "surroundings it had clearly more than the rest of the city in one of 24 months, now since April 2024. Of all "
        "places and months marked this way, at most 5% are expected to be chance. It counts reports; it does not say "
        "why, whether it will last, or who did anything."
    )
    calm = emerging_sentence(found, 0, what="burglaries", where="Dock", step="month", since="", level=0.05)
    assert calm == "Dock does not stand out in burglaries."


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (np.ones((9, 144)), "history_too_short"),
        (np.ones((12, 20)), "too_few_cells"),
        (np.zeros((12, 144)), "too_few_incidents"),
        (np.full((12, 144), -1.0), "bad_input"),
    ],
)
def test_what_cannot_be_judged_is_refused(counts: FloatArray, reason: str) -> None:
    _, _, near = square()
    with pytest.raises(CannotForecast) as refused:
        find_emerging(counts, near, EmergingSettings())
    assert refused.value.reason == reason
