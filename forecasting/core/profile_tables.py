"""A strict reader of one table of a profile: typed values, and an error that begins with the key."""

from collections.abc import Mapping
from typing import NoReturn


class ProfileError(ValueError):
    """A profile that cannot be used; the message begins with the key and says what to write."""


class Table:
    """One table of a TOML mapping. Each getter marks its key as known; ``finish`` refuses the others."""

    def __init__(self, path: str, mapping: Mapping[str, object]) -> None:
        self._path = path
        self._mapping = mapping
        self._known: set[str] = set()

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise ProfileError about one key of this table."""
        raise ProfileError(f"{self._path}{key}: {problem}")

    def _value(self, key: str) -> object:
        self._known.add(key)
        if key not in self._mapping:
            self.fail(key, "is missing; forecasting/profiles/template.toml explains it")
        return self._mapping[key]

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, "must be a text that is not empty")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts, each named once; may be empty."""
        if default is not None and key not in self._mapping:
            return default
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.fail(key, 'must be a list of texts, such as ["id"]')
        if len(set(value)) != len(value):
            self.fail(key, "names something twice")
        return tuple(value)

    def number(self, key: str) -> float:
        """A number."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, "must be a number")
        return float(value)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._value(key)
        if not isinstance(value, bool):
            self.fail(key, "must be true or false")
        return value

    def mapping(self, key: str) -> dict[str, str]:
        """A table of texts by text, not empty."""
        value = self._value(key)
        if not isinstance(value, Mapping) or not value:
            self.fail(key, 'must be a table such as "Burglary" = "burglary"')
        for name, text in value.items():
            if not isinstance(text, str):
                self.fail(f"{key}.{name!r}", "must be a text")
        return dict(value)

    def table(self, key: str) -> "Table | None":
        """A table inside this one, or None where it is absent."""
        return self.required_table(key) if key in self._mapping else None

    def required_table(self, key: str) -> "Table":
        """A table inside this one."""
        value = self._value(key)
        if not isinstance(value, Mapping):
            self.fail(key, "must be a table")
        return Table(f"{self._path}{key}.", value)

    def finish(self) -> None:
        """Refuse every key that nobody asked for: a misspelt key must not pass as absent."""
        for key in self._mapping:
            if key not in self._known:
                self.fail(key, f"is not a key of a profile; known here: {', '.join(sorted(self._known))}")
