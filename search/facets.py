"""Facets: the number of found articles for each author, category, tag and month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from index.analysis.fold import fold_key
from index.engines.base import FacetCounts

# Values of one facet that an answer lists.
_FACET_VALUES = 200


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, with the number of found articles that have it."""

    value: str
    count: int


_spelling_key = lru_cache(maxsize=10_000)(fold_key)


def merged_facets(counts: FacetCounts) -> dict[str, tuple[FacetValue, ...]]:
    """Counts by value. Spellings that fold to the same are merged, and shown in the most frequent one."""
    facets: dict[str, tuple[FacetValue, ...]] = {}
    for name, values in counts.items():
        counted: Counter[str] = Counter()  # a value stands there twice if strict and partial matches have it
        for value, count in values:
            counted[value] += count
        if name == "month_facet":
            facets["month"] = tuple(FacetValue(*value) for value in sorted(counted.items()))
            continue
        merged: dict[str, FacetValue] = {}
        for value, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
            key = _spelling_key(value)
            first = merged.get(key)
            merged[key] = FacetValue(first.value, first.count + count) if first else FacetValue(value, count)
        ordered = sorted(merged.values(), key=lambda facet: (-facet.count, facet.value))
        facets[name.removesuffix("_facet")] = tuple(ordered[:_FACET_VALUES])
    return facets
