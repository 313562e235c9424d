"""Values of front matter, records and configurations: texts, lists and mappings of them, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

# Lists and mappings inside one another; a real block has two levels.
MAX_DEPTH = 100
# Values in the lists and mappings of a block, each counted as often as an alias repeats it.
MAX_VALUES = 20_000

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Values = dict[str, Value]


def normalise(loaded: Mapping[Any, object]) -> tuple[Values, bool]:
    """Values as texts, lists and mappings with keys in lower case; False where there were too many in lists
    and mappings, or too deep ones, to read all."""
    left = MAX_VALUES
    complete = True

    def value_of(value: object, depth: int) -> Value:
        nonlocal left, complete
        left -= depth > 1
        if (left < 0 and depth > 1) or depth > MAX_DEPTH:
            complete = False
            return ""
        if isinstance(value, dict):
            return {
                str(key).strip().lower(): value_of(inner, depth + 1)
                for key, inner in value.items()
                if left >= 0 or depth == 0
            }
        if isinstance(value, list):
            return [value_of(inner, depth + 1) for inner in value if left >= 0]
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value).strip()

    values = value_of(loaded, 0)
    assert isinstance(values, dict)
    return values, complete
