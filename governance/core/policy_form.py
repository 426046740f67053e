"""A policy's terms as the text of a form, and back: one field for each term, as its shape says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from governance.core.policy import PolicyError
from governance.core.policy_terms import TERMS


def terms_as_text(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each field, from terms as `write_terms` gives them."""
    return {name: _text(words.shape, data[name]) for name, words in TERMS.items()}


def terms_from_text(sent: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return terms as `read_terms` takes them; a field that was not sent keeps what is `known`.

    Raises PolicyError naming the field that cannot be read.
    """
    data = dict(known)
    for name, words in TERMS.items():
        if name in sent:
            try:
                data[name] = READ[words.shape](sent[name])
            except ValueError as problem:
                raise PolicyError(
                    f"{words.label}: {sent[name][:80]!r} cannot be read. {problem}"
                ) from problem
    return data


def _text(shape: str, value: Any) -> str:
    if shape == "share":
        return f"{value * 100:.10g}"
    if shape == "choice":
        return "yes" if value else "no"
    if shape == "shifts":
        return "\n".join(f"{each['name']} {each['start_hour']} {each['end_hour']}" for each in value)
    if shape in ("words", "sentences"):
        return "\n".join(value)
    if shape == "stages":
        return "\n".join(f"{kind}: {_stage_line(row)}" for kind, rows in value.items() for row in rows)
    if shape == "lists":
        return "\n".join(f"{kind}: {', '.join(names)}" for kind, names in value.items())
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _whole(text: str) -> int:
    try:
        return int(text.strip().replace(",", ""))
    except ValueError as problem:
        raise ValueError("Write a whole number.") from problem


def _decimal(text: str) -> float:
    try:
        value = float(text.strip().replace(",", ""))
    except ValueError as problem:
        raise ValueError("Write a number, with a point for its decimals.") from problem
    return value


def _share(text: str) -> float:
    return round(_decimal(text.replace("%", "")) / 100, 10)


def _choice(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("yes", "no"):
        raise ValueError("Write yes or no.")
    return word == "yes"


def _shifts(text: str) -> list[dict[str, Any]]:
    read = []
    for line in _lines(text):
        parts = line.split()
        if len(parts) != 3:  # a name and two hours
            raise ValueError("Write one shift a line: its name, the hour it begins, the hour it ends.")
        read.append({"name": parts[0], "start_hour": _whole(parts[1]), "end_hour": _whole(parts[2])})
    return read


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = [line.partition(":") for line in _lines(text)]
    if any(not colon for _, colon, _ in parts):
        raise ValueError("Write one kind of request a line, then a colon.")
    kinds = [kind.strip() for kind, _, _ in parts]
    if len(set(kinds)) < len(kinds):
        raise ValueError("Name each kind of request once.")
    return [(kind.strip(), rest.strip()) for kind, _, rest in parts]


def _stage_line(row: Mapping[str, Any]) -> str:
    apart = f" apart from {' '.join(row['disjoint_from'])}" if row["disjoint_from"] else ""
    return f"{row['name']} {row['permission']} {row['quorum']}{apart}"


def _stages(text: str) -> dict[str, list[dict[str, Any]]]:
    """One line for each stage, in order: kind, colon, name, permission, how many people, and "apart from" others."""
    read: dict[str, list[dict[str, Any]]] = {}
    for line in _lines(text):
        kind, _, rest = line.partition(":")
        said, _, apart = rest.partition("apart from")
        parts = said.split()
        if len(parts) != 3:  # a name, a permission and a number
            raise ValueError("Write one stage a line: kind, colon, name, permission, how many people.")
        row = {"name": parts[0], "permission": parts[1], "quorum": _whole(parts[2])}
        read.setdefault(kind.strip(), []).append(row | {"disjoint_from": apart.split()})
    return read


def _lists(text: str) -> dict[str, list[str]]:
    return {kind: [each.strip() for each in rest.split(",") if each.strip()] for kind, rest in _pairs(text)}


READ: Mapping[str, Callable[[str], Any]] = {
    "number": _whole,
    "decimal": _decimal,
    "share": _share,
    "choice": _choice,
    "words": _lines,
    "sentences": _lines,
    "shifts": _shifts,
    "stages": _stages,
    "lists": _lists,
}
