"""Hits and facets: their part of a request, and their values in the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from index.engines.base import FacetCounts, Hit, Sort
from index.engines.opensearch.queries import Found

# Values of one facet that are counted: the most frequent.
_MOST_VALUES = 10_000
# Hits with what they are sorted by, the id among it, and nothing else.
BARE: dict[str, Any] = {"stored_fields": "_none_"}
SORTS: dict[Sort, list[Any]] = {
    Sort.RELEVANCE: ["_score", {"date": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
    Sort.NEWEST: [{"date": {"order": "desc", "missing": "_last"}}, {"id": "desc"}],
    Sort.OLDEST: [{"date": {"order": "asc", "missing": "_last"}}, {"id": "asc"}],
}


def aggregations(fields: Sequence[str]) -> dict[str, Any]:
    """The part of a request that counts the values of fields."""
    return {name: {"terms": {"field": name, "size": _MOST_VALUES}} for name in fields}


def facet_counts(answer: Found, fields: Sequence[str]) -> FacetCounts:
    """The values of fields in an answer, with their counts."""
    return {
        name: [
            (bucket["key"], int(bucket["doc_count"])) for bucket in answer["aggregations"][name]["buckets"]
        ]
        for name in fields
    }


def hit_of(hit: Found, sort: Sort) -> Hit:
    """The hit in an answer; its score and id are among its sort values."""
    return Hit(hit["sort"][-1], float(hit["sort"][0]) if sort is Sort.RELEVANCE else 0.0)
