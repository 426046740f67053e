"""How good a category's data are: what is asked of them, each with n of N and a plain sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forecasting.core.gaps import Gap, gap_sentence
from forecasting.core.scoring import Estimate, wilson_interval
from forecasting.core.snap_points import LEAST_SNAP_COUNT, LEAST_SNAP_SHARE
from forecasting.core.wording import counted, incidents_of, percent


@dataclass(frozen=True)
class Known:
    """What is known of one category over some days.

    ``unplaced``: incidents refused for want of a point, None where that is not known. ``by_quality``: rows by quality
    of their point. ``untimed``: rows whose time is only known to a day or worse. ``police``: rows found by police.
    Delays from the end of an incident to its report in hours: the middle one, and that of nine in ten; None where the
    export gives no report. ``most_at_one``: rows at the coordinate that holds most. ``gaps``: runs of days without any.
    """

    category: str
    days: int
    rows: int
    unplaced: int | None
    by_quality: Mapping[str, int]
    untimed: int
    police: int
    delay_median: float | None
    delay_ninety: float | None
    most_at_one: int
    gaps: Sequence[Gap]


@dataclass(frozen=True)
class Figure:
    """One figure: n of N with its share and 95 % interval (Wilson) where it is a share, and its sentence."""

    name: str
    sentence: str
    n: int | None = None
    total: int | None = None
    share: Estimate | None = None


def quality_figures(known: Known) -> tuple[Figure, ...]:
    """Return every figure of one category, in the order in which a reader asks."""
    return (
        _rows(known),
        _placed(known),
        _quality(known),
        _timed(known),
        _delay(known),
        _snap(known),
        _police(known),
        _gaps(known),
    )


def _share(name: str, n: int, total: int, sentence: str) -> Figure:
    return Figure(name, sentence, n, total, wilson_interval(n, total))


def _rows(known: Known) -> Figure:
    told = incidents_of(known.category, known.rows)
    return Figure("Incidents", f"{known.rows:,} {told} are known of the last {known.days} days.", known.rows)


def _placed(known: Known) -> Figure:
    if known.unplaced is None:
        return Figure(
            "Placed on the map",
            "Not known: the profile keeps neither date nor category of a refused row.",
        )
    total = known.rows + known.unplaced
    sentence = (
        f"{_of(known.unplaced, total)} came without a usable point and are in no forecast."
        if known.unplaced
        else "All of them came with a usable point."
    )
    return _share("Placed on the map", known.rows, total, sentence)


def _quality(known: Known) -> Figure:
    named = ", ".join(f"{name} {percent(n / known.rows)} %" for name, n in sorted(known.by_quality.items()))
    return Figure("Quality of the point", f"As the profile says of the export: {named}.")


def _timed(known: Known) -> Figure:
    sentence = (
        f"{_of(known.untimed, known.rows)} are dated to a day or worse; they count over their whole interval."
        if known.untimed
        else "All of them have a time of day."
    )
    return _share("Time not known", known.untimed, known.rows, sentence)


def _delay(known: Known) -> Figure:
    if known.delay_median is None or known.delay_ninety is None:
        return Figure("Reporting delay", "Not known: the export does not say when an incident was reported.")
    return Figure(
        "Reporting delay",
        f"Half were reported within {_hours(known.delay_median)}, nine in ten within "
        f"{_hours(known.delay_ninety)}. Incidents that are still to be reported are not among them.",
        known.rows,
    )


def _snap(known: Known) -> Figure:
    share = known.most_at_one / known.rows
    is_much = known.most_at_one >= LEAST_SNAP_COUNT and share >= LEAST_SNAP_SHARE
    sentence = (
        f"One coordinate holds {_of(known.most_at_one, known.rows)}: a busy address, or a default point of the "
        "geocoder. The drift checks say whether it is new."
        if is_much
        else f"No coordinate stands out; the one with most holds {_of(known.most_at_one, known.rows)}."
    )
    return _share("At one coordinate", known.most_at_one, known.rows, sentence)


def _police(known: Known) -> Figure:
    sentence = (
        f"{_of(known.police, known.rows)} were found by police activity, so they follow patrols."
        if known.police
        else "None of them was found by police activity."
    )
    return _share("Found by police", known.police, known.rows, sentence)


def _gaps(known: Known) -> Figure:
    if not known.gaps:
        return Figure("Gaps", "No run of days without any is longer than chance makes it.", 0)
    days = sum(gap.days for gap in known.gaps)
    told = " ".join(gap_sentence(gap, known.category) for gap in known.gaps[-3:])
    lead = f"{counted(len(known.gaps), 'gap', 'gaps')} of {counted(days, 'day', 'days')} in all.".capitalize()
    return Figure("Gaps", f"{lead} {told}", days, known.days)


def _of(n: int, total: int) -> str:
    return f"{n:,} of {total:,} ({percent(n / total)} %)"


def _hours(hours: float) -> str:
    if hours < 1:
        return "an hour"
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.1f} days"
