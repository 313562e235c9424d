"""Facets: the number of found articles for each author, category, tag and month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from index.analysis.fold import fold_key
from index.engines.base import FacetCounts

# Values of one facet that an answer lists.
_FACET_VALUES = 200


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value and its number of articles."""

    value: Annotated[str, "An author, a tag, a category path such as 金融/新浪财经, or a month: 2022-01."]
    count: Annotated[int, ("minimum", 0), "The articles found that have it."]


_spelling_key = lru_cache(maxsize=10_000)(fold_key)


def _by_count(value: tuple[str, int]) -> tuple[int, str]:
    return -value[1], value[0]


def merged_facets(counts: FacetCounts) -> dict[str, tuple[FacetValue, ...]]:
    """Counts by value. Spellings that fold to the same are merged, and shown in the most frequent one."""
    facets: dict[str, tuple[FacetValue, ...]] = {}
    for name, values in counts.items():
        if name == "month_facet":
            facets["month"] = tuple(FacetValue(*value) for value in sorted(values))
            continue
        ordered = sorted(values, key=_by_count)
        keys = [_spelling_key(value) for value, _ in ordered]
        if len(set(keys)) < len(keys):
            merged: dict[str, tuple[str, int]] = {}
            for key, (value, count) in zip(keys, ordered, strict=True):
                first = merged.get(key)
                merged[key] = (first[0], first[1] + count) if first else (value, count)
            ordered = sorted(merged.values(), key=_by_count)
        facets[name.removesuffix("_facet")] = tuple(FacetValue(*pair) for pair in ordered[:_FACET_VALUES])
    return facets
