"""The pieces of a finding's sentence: what, where, since when, how sure, and what it does not mean."""

from __future__ import annotations

from datetime import date

from forecasting.core.wording import counted

DAYS_A_YEAR = 365.25
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

NOT_A_CAUSE = "It counts reports; it does not say why, whether it will last, or who did anything."
"""What a rise in recorded incidents leaves open. Ends every finding about counts."""

NOT_A_VERDICT = "It says that the data or the forecast changed, not that crime did."
"""What a breach of a drift check leaves open."""


def plain_date(day: date) -> str:
    """A date as people write it: "3 May 2024"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def figure(value: float) -> str:
    """A count or an expected count: whole where it is whole or large, else with one decimal."""
    return f"{value:,.0f}" if value >= 99.95 or float(value).is_integer() else f"{value:.1f}"


def once_in(days: float) -> str:
    """A recurrence interval in words: "once in 12 days", "once in 2.7 years"."""
    if days < 1.5:
        return "every day"
    if days < DAYS_A_YEAR:
        return f"once in {counted(round(days), 'day', 'days')}"
    years = days / DAYS_A_YEAR
    return f"once in {years:.1f} years" if years < 9.95 else f"once in {years:,.0f} years"


def probability(p: float) -> str:
    """A p-value as people read it: "0.03", "0.001", "below 0.001"."""
    if p < 0.001:
        return "below 0.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def how_sure(adjusted: float, tests: int) -> str:
    """What an adjusted p-value promises: how many findings of this kind are expected to be chance.

    ``tests`` is how many places or series were looked at. The sentence stands on its own.
    """
    looked = counted(tests, "series was", "series were") + " looked at"
    if adjusted > 0.5:
        return f"{looked.capitalize()}: this is well within chance."
    return (
        f"{looked.capitalize()}; of findings at least this strong, at most {_one_in(adjusted)} "
        f"is expected to be chance (adjusted p {probability(adjusted)})."
    )


def _one_in(share: float) -> str:
    return "1 in 1,000" if share < 0.001 else f"1 in {1 / share:,.0f}"
