"""How far two words are apart."""

from __future__ import annotations


def within_distance(a: str, b: str, limit: int) -> bool:
    """Whether `b` becomes `a` by at most `limit` letters inserted, deleted, replaced or swapped with
    their neighbour (optimal string alignment, Damerau 1964)."""
    if abs(len(a) - len(b)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return False
    return row[-1] <= limit
