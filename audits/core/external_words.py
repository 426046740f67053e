"""How the figures of an audit of anybody's predictions are defined, and what its inputs cannot answer."""

ALIKE, BY_ID, INCLUSIVE = "equal_counts_alike", "by_area_id", "by_area_id_both_ends"
"""The three ways of ordering equal counts (`bands`)."""

REVERSED = "by_area_id_reversed"
"""Equal counts by id the other way round; stated for the rank correlation."""

DEFINITIONS = {
    ALIKE: "Areas with equal counts are ranked alike: where the edge of a band runs through them, each belongs to the "
    "band by the same fraction; ranks are mean ranks. The order of the files never matters.",
    BY_ID: "Equal counts stand in the order of the area ids as text, the smaller id as the more targeted one; the "
    "shares of groups keep mean ranks where they are equal.",
    REVERSED: "By area id with the larger id as the more targeted one: how far the order of equal counts alone moves "
    "the rank correlation.",
    INCLUSIVE: "By area id, with windows of w = round(0.05 n) that count both of their ends (w + 1 areas; the median "
    "2 floor(w / 2) + 1), and the least targeted taken from among areas with the lowest count where these are "
    "more than w.",
    "spearman": "Spearman's rank correlation, over areas with residents, of the number of predictions and the group's "
    "share of residents; -1 to 1, 0 = no monotone association.",
    "conservative": "Where census margins are given: of the values at the estimates, at the estimates less and plus "
    "their margins (all residents as they are), the one with the smallest effect.",
    "lift": "Share of the group among residents of the band, over its share among all residents, less 1; -1 = none of "
    "the group lives there, 0 = as everywhere. Bands are the w = round(0.05 n) most, middle and least targeted of n "
    "areas (halves to even, at least 1).",
    "deciles": "Share of the group among residents of each tenth of areas by number of predictions, 1 = least "
    "targeted. between_quantiles: areas strictly between deciles of the counts, so that those at one count nowhere.",
    "above_median_share": "Share of the group's residents in areas with more predictions than the median area.",
    "top": "The round(p n) most targeted areas (at least 1) count as flagged. rate: share of the group's residents who "
    "live there; ratio: that rate over the rate of all residents; difference: the rate less that of all residents; "
    "ratio_to: over the rate of another group. Residents living there, never people stopped.",
    "predictions": "Each area's predictions are shared out by residents: per 1,000 residents of the group; index = "
    "the group's share of predictions over its share of residents (1 = in proportion).",
    "given_incidents": "Per recorded incident; the share of the group's incidents inside the flagged areas; the rate "
    "over what areas with as many incidents explain; the rank correlation given incidents. The flagged areas are those "
    "of the city as it is, ties alike, in every draw.",
}

_NEVER = {
    "calibration and errors": "predictions are counts, not expected incidents for places and times",
    "exposure and the three benchmarks": "minutes of patrol and residents' calls were not given",
    "enforcement outcome": "arrests were not given",
    "over- and under-prediction": "reporting rates from a survey were not given",
    "feedback": "the vendor's model cannot be run again on other data",
}


def not_available(*, incidents: bool, margins: bool) -> dict[str, str]:
    """Say which parts of the audit the inputs cannot answer, and why; `incidents`, `margins`: whether given."""
    missing = dict(_NEVER)
    if not incidents:
        missing["given incidents"] = "no incidents were given"
    if not margins:
        missing["census margins"] = (
            "no margins of error were given, so intervals show the choice of areas alone"
        )
    return missing
