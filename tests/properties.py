"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings

# What a profile has that says nothing of it.
DEFAULT = 100


def examples(count: int) -> int:
    """`count`, or the share of it that the profile in use takes."""
    return max(1, count * settings.default.max_examples // DEFAULT)
