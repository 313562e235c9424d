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


def merged_facets(counts: FacetCounts) -> dict[str, tuple[FacetValue, ...]]:
    """Counts by value. Spellings that fold to the same are merged, and shown in the most frequent one."""
    facets: dict[str, tuple[FacetValue, ...]] = {}
    for name, values in counts.items():
        if name == "month_facet":
            facets["month"] = tuple(FacetValue(*value) for value in sorted(values))
            continue
        merged: dict[str, tuple[str, int]] = {}
        for value, count in sorted(values, key=lambda pair: (-pair[1], pair[0])):
            key = _spelling_key(value)
            first = merged.get(key)
            merged[key] = (first[0], first[1] + count) if first else (value, count)
        ordered = sorted(merged.values(), key=lambda pair: (-pair[1], pair[0]))
        facets[name.removesuffix("_facet")] = tuple(FacetValue(*pair) for pair in ordered[:_FACET_VALUES])
    return facets
