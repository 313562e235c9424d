"""How far two words are apart."""

from __future__ import annotations

from rapidfuzz.distance import OSA


def within_distance(a: str, b: str, limit: int) -> bool:
    """Whether `b` becomes `a` by at most `limit` letters inserted, deleted, replaced or swapped with
    their neighbour (optimal string alignment, Damerau 1964)."""
    return OSA.distance(a, b, score_cutoff=limit) <= limit
