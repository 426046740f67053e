"""The tables and the picture of a report on anybody's predictions, from the answer of `external.audit_predictions`.

Nothing is computed here: what stands in the answer is written for a reader. A figure without enough evidence is
written as that, never as a number alone.
"""

from __future__ import annotations

from typing import Any

from audits.core.bands import BANDS
from audits.core.external_words import ALIKE, BY_ID, INCLUSIVE
from audits.core.groups import phrase
from governance.core.drawing import Markup
from governance.core.drawing_bars import Bar, Limit, draw_bars

Row = dict[str, Any]

RULES = {ALIKE: "equal counts alike", BY_ID: "by area id", INCLUSIVE: "by area id, both ends counted"}
TOP_NAMES = {
    "top_5_percent": "The most targeted 5 % of areas",
    "top_10_percent": "The most targeted 10 % of areas",
}
NOT_SHOWN = ("between_quantiles", "ratio_to", "by_area_id")
NO_EVIDENCE = "not enough evidence"


def written(figure: Row, digits: int = 2, *, signed: bool = False) -> str:
    """Return "1.25 [1.10–1.40]", with a true minus sign; "not enough evidence" where that is so."""
    if "insufficient" in figure or figure["value"] is None:
        return NO_EVIDENCE
    value, low, high = (
        "–" if each is None else f"{each:{'+' if signed else ''}.{digits}f}".replace("-", "−")
        for each in (figure["value"], figure["low"], figure["high"])
    )
    return f"{value} [{low} to {high}]"


def report_tables(answer: Row) -> dict[str, Any]:
    """Return what the report's template shows: rows by table, the picture, and every reason for a missing figure."""
    groups = answer["groups"]
    return {
        "answer": answer,
        "verdicts": [{"who": phrase(each["group"]), **each["verdict"]} for each in groups],
        "picture": picture_of_rates(groups),
        "tops": [_top_table(groups, name) for name in TOP_NAMES],
        "lifts": [
            {
                "who": phrase(each["group"]),
                "rule": RULES[rule],
                **{band: _cell(each["lift"][rule][band], signed=True) for band in BANDS},
            }
            for each in groups
            for rule in RULES
        ],
        "associations": [_association(each) for each in groups],
        "deciles": [_decile(groups, number) for number in range(1, 11)],
        "decile_heads": [phrase(each["group"]) for each in groups],
        "given": [_given(each) for each in groups if "given_incidents" in each],
        "reasons": sorted(set(_reasons(groups))),
        "definitions": [(name.replace("_", " "), words) for name, words in answer["definitions"].items()],
    }


def _cell(figure: Row, digits: int = 2, *, signed: bool = False) -> str:
    """Write a figure so that a narrow cell breaks before its interval and never inside it."""
    return written(figure, digits, signed=signed).replace(" to ", "\u00a0to\u00a0")


def picture_of_rates(groups: list[Row]) -> Markup:
    """Draw how often each group lives in the most targeted 5 % as a ratio to residents overall, with its interval."""
    bars = [_bar(each["group"], each["top_5_percent"][ALIKE]["ratio"]) for each in groups]
    said = "; ".join(f"{phrase(g['group'])} {written(g['top_5_percent'][ALIKE]['ratio'])}" for g in groups)
    return draw_bars(
        title=f"How often each group lives in the most targeted 5 % of areas, as a ratio to residents overall: {said}.",
        bars=bars,
        limit=Limit(1.0, "residents overall"),
        write=lambda value: f"{value:.2f}",
    )


def _bar(group: str, ratio: Row) -> Bar:
    if "insufficient" in ratio or ratio["value"] is None:
        return Bar(phrase(group), None)
    return Bar(phrase(group), ratio["value"], ratio["low"], ratio["high"])


def _top_table(groups: list[Row], name: str) -> Row:
    rows = [
        {
            "who": phrase(each["group"]),
            "rule": RULES[rule],
            "rate": _cell(each[name][rule]["rate"], 3),
            "ratio": _cell(each[name][rule]["ratio"]),
            "difference": _cell(each[name][rule]["difference"], 3, signed=True),
        }
        for each in groups
        for rule in (ALIKE, BY_ID)
    ]
    return {"title": TOP_NAMES[name], "rows": rows}


def _association(group: Row) -> Row:
    return {
        "who": phrase(group["group"]),
        "alike": _cell(group["spearman"][ALIKE], signed=True),
        "by_id": _cell(group["spearman"][BY_ID], signed=True),
        "above": _cell(group["above_median_share"], 3),
        "below": _cell(group["below_median_share"], 3),
        "index": _cell(group["predictions"]["index"]),
    }


def _decile(groups: list[Row], number: int) -> Row:
    return {
        "number": number,
        "shares": [_cell(each["deciles"][ALIKE][str(number)], 3) for each in groups],
    }


def _given(group: Row) -> Row:
    given = group["given_incidents"]
    return {
        "who": phrase(group["group"]),
        "per_incident": _cell(given["predictions_per_incident"]),
        "spearman": _cell(given["spearman"], signed=True),
        "covered": _cell(given["top_5_percent"]["equal_benefit"], 3),
        "explained": _cell(given["top_5_percent"]["conditional_ratio"]),
    }


def _reasons(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return [reason for each in entry for reason in _reasons(each)] if isinstance(entry, list) else []
    own = [str(entry["insufficient"])] if "insufficient" in entry else []
    shown = [each for name, each in entry.items() if name not in NOT_SHOWN]
    return own + [reason for each in shown for reason in _reasons(each)]


def table_lines(answer: Row) -> list[str]:
    """Return the answer in short for a terminal: the verdict, and one line for each group."""
    heads = ("rate of top 5 %", "ratio to all", "lift of most 5 %", "rank correlation")
    head = f"{'group':18} " + " ".join(f"{each:>26}" for each in heads)
    lines = [
        f"{each['group'][:18]:18} {written(each['top_5_percent'][ALIKE]['rate'], 3):>26} "
        f"{written(each['top_5_percent'][ALIKE]['ratio']):>26} "
        f"{written(each['lift'][ALIKE]['most'], signed=True):>26} "
        f"{written(each['spearman'][ALIKE], signed=True):>26}"
        for each in answer["groups"]
    ]
    ties = "Equal counts are ranked alike here; --json states every figure by area id too."
    return [answer["sentence"], "", head, *lines, "", ties]
